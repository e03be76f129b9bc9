import { Problem } from '../../../base/problem.ts';
import { parseSettings, settingsScript } from '../../../machines/provision/guest-scripts.ts';
import { type GuestSettingChange, setScript } from '../../../plan/changes/guest/guest-setting.ts';
import type { AskedChangeMaker, Observation } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';
import { askGuest } from './ask-guest.ts';

/** Changes a setting of a running guest. */
export const guestSettingMaker: AskedChangeMaker<GuestSettingChange> = {
  look: async (host, change) => lookOf(host, change, await readNow(host, change)),
};

function lookOf(
  host: ChangeableHost,
  change: GuestSettingChange,
  now: { readonly value: string } | Problem,
): Observation<GuestSettingChange> {
  return {
    problem: now instanceof Problem ? now : null,
    isAt: (goal) => !(now instanceof Problem) && now.value === goal,
    async reach(goal) {
      if (now instanceof Problem) return now;
      const output = await askGuest(host, change.machine, setScript(change, goal));
      return output instanceof Problem ? output : lookOf(host, change, await readNow(host, change));
    },
  };
}

async function readNow(
  host: ChangeableHost,
  { machine, init, setting, of }: GuestSettingChange,
): Promise<{ readonly value: string } | Problem> {
  const asked = [{ setting, of }];
  const output = await askGuest(host, machine, settingsScript(asked, init));
  if (output instanceof Problem) return output;
  const value = parseSettings(output, asked)?.[0] ?? null;
  return value === null
    ? new Problem('GUEST_UNREADABLE', `${machine}: ${setting} ${of} cannot be read`)
    : { value };
}
