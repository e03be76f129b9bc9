import { quote } from '../../../base/shell-command.ts';
import type { PciAddress } from '../../../pci/address.ts';
import type { ChangeKind } from '../../change-kind.ts';
import { isAddress, isListOf, isOfMachine, isWhole } from '../../change-parts.ts';

/** Whether a machine runs: `paused` has its memory and devices, and its processors stand still. */
const POWER_STATES = ['off', 'paused', 'running'] as const;
export type PowerState = (typeof POWER_STATES)[number];

const MAX_SECONDS = 3600;
/** Of 64 scripts, of 10 minutes each. */
const MAX_SCRIPT_SECONDS = 64 * 600;

/** A machine is started, paused, resumed or stopped. */
export interface PowerChange {
  readonly kind: 'power';
  readonly uri: string;
  /** Its UUID. */
  readonly machine: string;
  readonly from: PowerState;
  readonly to: PowerState;
  /** How long the guest has to shut down before its VM is ended; 0: it is ended immediately. */
  readonly graceSeconds: number;
  /** How long its scripts on events may take, for which libvirt waits; 0 if omitted. */
  readonly scriptSeconds?: number;
  /** The functions of the host that it has while it runs. */
  readonly functions: readonly PciAddress[];
}

export const powerKind = {
  hasForm: (parts) =>
    isOfMachine(parts) &&
    [parts['from'], parts['to']].every((state) => POWER_STATES.some((each) => each === state)) &&
    parts['from'] !== parts['to'] &&
    isWhole(parts['graceSeconds'], MAX_SECONDS) &&
    isWhole(parts['scriptSeconds'] ?? 0, MAX_SCRIPT_SECONDS) &&
    isListOf(parts['functions'], isAddress),
  /** `about` is the name of the machine. */
  words: ({ from, to }, about) => `${about}: ${VERBS[to][from]}`,
  script: {
    parts: () => ['machines'],
    // libvirt knows itself which VM has a function.
    checks: ({ from, to, functions }, except) =>
      from === 'off' && to !== 'off' ? functions.map((address) => `take ${address} vfio-pci${except}`) : [],
    lines: ({ uri, machine, to, graceSeconds }) => [`power ${quote(uri)} ${machine} ${to} ${graceSeconds}`],
  },
  madeBy: 'libvirt',
  functions: (change, direction) => (takes(change[direction], change) ? change.functions : []),
  removesFunctions: false,
  safety: (change, direction) =>
    takes(change[direction], change) && change.functions.length > 0
      ? { asks: 'plugging', functions: change.functions }
      : { asks: 'nothing' },
  loads: () => null,
  touches: ({ machine, functions }) => [machine, ...functions],
  endsWithBoot: () => true,
  unlessUndone: 'stuck',
} satisfies ChangeKind<PowerChange>;

/** Whether its devices leave the host: it did not have them before. */
function takes(goal: PowerState, { from, to }: PowerChange): boolean {
  return goal !== 'off' && (from === 'off' || to === 'off');
}

/** What is done, by the state that is reached and the one before. */
const VERBS: Readonly<Record<PowerState, Readonly<Record<PowerState, string>>>> = {
  off: { off: 'stop', paused: 'stop', running: 'stop' },
  paused: { off: 'start, paused', paused: 'pause', running: 'pause' },
  running: { off: 'start', paused: 'resume', running: 'start' },
};
