import { quote } from '../../../base/shell-command.ts';
import {
  type GuestSettingName,
  guestSetting,
  isSettingValue,
} from '../../../machines/provision/guest-settings.ts';
import { GUEST_INITS, type GuestInit } from '../../../machines/provision/guest-state.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isMachineName } from './guest-parts.ts';

/** A setting of the running guest of a machine, such as its host name, or whether a service runs. */
export interface GuestSettingChange {
  readonly kind: 'guest-setting';
  readonly machine: string;
  /** How the guest starts services: it decides on the commands. */
  readonly init: GuestInit;
  readonly setting: GuestSettingName;
  /** What it is a setting of: the key of a sysctl, the name of a service. */
  readonly of: string;
  readonly from: string;
  readonly to: string;
}

export const guestSettingKind = {
  hasForm: ({ machine, init, setting, of, from, to }) =>
    isMachineName(machine) &&
    GUEST_INITS.some((each) => each === init) &&
    [from, to].every((value) => isSettingValue(setting, of, value)),
  words: ({ machine, setting, of, to }) => `${machine}: ${guestSetting(setting).words(of, to)}`,
  script: {
    parts: () => ['guests'],
    checks: () => [],
    lines: ({ machine, init, setting, of, to }) => [
      `guest_run ${quote(machine)} ${quote(setScript({ init, setting, of }, to))} ''`,
    ],
  },
  madeBy: 'guest',
  functions: () => [],
  removesFunctions: false,
  safety: () => ({ asks: 'nothing' }),
  loads: () => null,
  touches: ({ machine, setting, of }) => [`${machine}:${setting} ${of}`],
  endsWithBoot: () => true,
  unlessUndone: 'left',
} satisfies ChangeKind<GuestSettingChange>;

type Subject = Pick<GuestSettingChange, 'init' | 'setting' | 'of'>;

/** A script that reaches a value, unless the guest has it already. */
export function setScript({ init, setting, of }: Subject, value: string): string {
  const { read, set } = guestSetting(setting);
  return `now=$(
${read(of, init)}
)
if [ "$now" = ${quote(value)} ]; then exit 0; fi
set -e
${set(of, value, init)}
`;
}
