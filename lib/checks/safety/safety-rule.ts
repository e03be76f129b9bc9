import { isUnknown, type Known, type Unknown } from '../../base/known.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { Severity } from '../finding.ts';
import type { SafetyDevice } from './safety-fields.ts';
import type { SafetyView } from './safety-view.ts';

/** An observation of a rule for one function; it may be that the rule could not decide. */
export interface Observation {
  readonly message: string;
  readonly evidence: readonly string[];
  /** Replaces that of the rule. */
  readonly remedy?: string;
  readonly isUnknown?: true;
}

/**
 * One way in which a host can need a function.
 *
 * @typeParam Device the facts of a function that it reads
 * @typeParam View the facts of the host that it reads
 */
export interface SafetyRule<Device extends DeviceWith<never> = SafetyDevice, View = SafetyView> {
  /** Stable, in kebab-case. */
  readonly name: string;
  /** A short description. */
  readonly title: string;
  readonly severity: Exclude<Severity, 'unknown'>;
  /** The meaning of a finding, and its sources. */
  readonly meaning: string;
  readonly remedy: string;
  /** Whether it is about devices that a VM gets, and not about those that only disappear with them. */
  readonly isOfGiven?: true;
  /** Its observations for one function that leaves the host; none if there is no problem. */
  readonly find: (device: Device, view: View) => readonly Observation[];
}

/** The maximum number of names in a message; the rest is counted. */
const MAX_NAMES = 4;

/** A list for a message: the first names, and the number of the others. */
export function listSome(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}

/** The maximum number of lines of evidence; the rest is counted. */
const MAX_EVIDENCE = 100;

/** Evidence that may be long, such as the routes of a router. */
export function someOf(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_EVIDENCE) return lines;
  return [...lines.slice(0, MAX_EVIDENCE), `and ${lines.length - MAX_EVIDENCE} more`];
}

const REASONS = {
  denied: ['requires root', 'run the command as root'],
  broken: ['the data is unreadable or invalid', 'check the file on the host'],
  unread: ['the snapshot does not contain the data', 'run the command on the host, as root'],
} as const;

/** A finding for an unknown fact: `what` is a clause, `which file systems are mounted`. */
export function unknownFinding(what: string, { unknown }: Unknown): Observation {
  const [reason, remedy] = REASONS[unknown];
  return { message: `cannot be checked for ${what}: ${reason}`, evidence: [], remedy, isUnknown: true };
}

/** The first unknown of several facts. */
export function firstUnknown(...facts: readonly Known<unknown>[]): Unknown | undefined {
  return facts.find(isUnknown);
}
