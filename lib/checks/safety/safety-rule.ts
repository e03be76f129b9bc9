import { isUnknown, type Known, type Unknown } from '../../base/known.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { Severity } from '../finding.ts';
import type { SafetyDevice } from './safety-fields.ts';
import type { SafetyView } from './safety-view.ts';

/** An observation of a rule at one function; it may be that the rule could not decide. */
export interface Observation {
  readonly message: string;
  readonly evidence: readonly string[];
  /** In place of the rule's own. */
  readonly remedy?: string;
  readonly isUnknown?: true;
}

/**
 * One way in which a host can need a function.
 *
 * @typeParam Device what it looks at of a function
 * @typeParam View what it looks at of the host
 */
export interface SafetyRule<Device extends DeviceWith<never> = SafetyDevice, View = SafetyView> {
  /** Stable, in kebab-case. */
  readonly name: string;
  /** What it looks for, in a few words. */
  readonly title: string;
  readonly severity: Exclude<Severity, 'unknown'>;
  /** What it means where it is found, and from what it is known. */
  readonly meaning: string;
  readonly remedy: string;
  /** Whether it is about what a virtual machine gets, and says nothing of what is merely gone with that. */
  readonly isOfGiven?: true;
  /** What it has to say of one function that leaves the host; nothing where all is well. */
  readonly find: (device: Device, view: View) => readonly Observation[];
}

/** How many names stand in a message before the rest is counted. */
const MAX_NAMES = 4;

/** A list for a message: the first few, and how many more. */
export function listSome(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}

/** As many lines of evidence as anybody reads, and how many more there are. */
const MAX_EVIDENCE = 100;

/** Evidence of which there may be as much as a router has routes. */
export function someOf(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_EVIDENCE) return lines;
  return [...lines.slice(0, MAX_EVIDENCE), `and ${lines.length - MAX_EVIDENCE} more`];
}

const REASONS = {
  denied: ['requires root', 'run the command as root'],
  broken: ['the data is unreadable or invalid', 'check the file on the host'],
  unread: ['the snapshot does not contain the data', 'run the command on the host, as root'],
} as const;

/** That something could not be found out: `what` is a clause, `which file systems are mounted`. */
export function unknownFinding(what: string, { unknown }: Unknown): Observation {
  const [reason, remedy] = REASONS[unknown];
  return { message: `cannot be checked for ${what}: ${reason}`, evidence: [], remedy, isUnknown: true };
}

/** The first of several facts that could not be had. */
export function firstUnknown(...facts: readonly Known<unknown>[]): Unknown | undefined {
  return facts.find(isUnknown);
}
