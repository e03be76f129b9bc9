import { Problem } from '../../../base/problem.ts';
import {
  type GuestPathReading,
  parseStates,
  statesScript,
} from '../../../machines/provision/guest-scripts.ts';
import { type GuestFileChange, reachScript } from '../../../plan/changes/guest/guest-file.ts';
import type { AskedChangeMaker, Observation } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';
import { askGuest } from './ask-guest.ts';

/**
 * Changes a file, directory or link in a guest, by one script: a file is written beside its place, and renamed. Before it
 * is replaced or removed, the guest keeps its content.
 */
export const guestFileMaker: AskedChangeMaker<GuestFileChange> = {
  async look(host, change) {
    return lookOf(host, change, await readNow(host, change));
  },
};

function lookOf(
  host: ChangeableHost,
  change: GuestFileChange,
  now: GuestPathReading | Problem,
): Observation<GuestFileChange> {
  const problem =
    now instanceof Problem
      ? now
      : 'unknown' in now
        ? new Problem('GUEST_UNREADABLE', `${change.machine}: ${change.path} ${now.unknown}`)
        : null;
  return {
    problem,
    isAt: (goal) => !(now instanceof Problem) && 'state' in now && isSame(now.state, goal),
    async reach(goal) {
      if (problem !== null) return problem;
      const content =
        goal === change.to && change.content !== null ? Buffer.from(change.content, 'base64') : undefined;
      const output = await askGuest(host, change.machine, reachScript(change.path, goal), content);
      return output instanceof Problem ? output : lookOf(host, change, readingIn(change, output));
    },
  };
}

async function readNow(host: ChangeableHost, change: GuestFileChange): Promise<GuestPathReading | Problem> {
  const output = await askGuest(host, change.machine, statesScript([change.path]));
  return output instanceof Problem ? output : readingIn(change, output);
}

function readingIn({ machine, path }: GuestFileChange, output: string): GuestPathReading | Problem {
  return (
    parseStates(output, 1)?.[0] ??
    new Problem('GUEST_UNREADABLE', `${machine}: ${path}: the guest printed no valid state`)
  );
}

function isSame(one: GuestFileChange['from'], other: GuestFileChange['from']): boolean {
  if (one === null || other === null || one.kind !== other.kind) return one === other;
  if (one.kind === 'link' || other.kind === 'link') {
    return one.kind === 'link' && other.kind === 'link' && one.target === other.target;
  }
  const isOwned = one.mode === other.mode && one.uid === other.uid && one.gid === other.gid;
  return isOwned && (one.kind === 'directory' || (other.kind === 'file' && one.sha256 === other.sha256));
}
