import type { Unknown } from '../../base/known.ts';
import type { Fix } from './fix.ts';

/** The severity of an unmet requirement, by the words of virt-host-validate. */
export type Grade = 'fail' | 'warn' | 'note';

/** The result of a rule. */
export type Verdict =
  | { readonly kind: 'holds'; readonly message: string; readonly evidence: readonly string[] }
  | {
      readonly kind: 'violated';
      readonly message: string;
      readonly evidence: readonly string[];
      /** The action, with the command or the file. */
      readonly remedy: string;
      /** The automatic fix; `null` if there is none. */
      readonly fix: Fix | null;
      /** Replaces that of the rule. */
      readonly grade: Grade | null;
    }
  /** The facts for the rule could not be read. It does not mean "passed". */
  | { readonly kind: 'unknown'; readonly message: string; readonly why: Unknown['unknown'] }
  /** The rule does not apply to such a host. */
  | { readonly kind: 'not-applicable'; readonly message: string };

export function holds(message: string, ...evidence: readonly string[]): Verdict {
  return { kind: 'holds', message, evidence };
}

/** More facts about an unmet requirement. */
export interface Violation {
  readonly evidence?: readonly string[];
  readonly remedy: string;
  readonly fix?: Fix;
  readonly grade?: Grade;
}

export function violated(message: string, { evidence = [], remedy, fix, grade }: Violation): Verdict {
  return { kind: 'violated', message, evidence, remedy, fix: fix ?? null, grade: grade ?? null };
}

/** The fix of a verdict, for another verdict with the same cause. */
export function fixOf(verdict: Verdict): Pick<Violation, 'fix'> {
  return verdict.kind === 'violated' && verdict.fix !== null ? { fix: verdict.fix } : {};
}

const REASONS: Readonly<Record<Unknown['unknown'], string>> = {
  denied: 'requires root',
  broken: 'the data is unreadable or invalid',
  unread: 'the snapshot does not contain the data',
};

/** A verdict for an unknown fact: `what` is a noun, `reset methods`. */
export function unknownVerdict(what: string, { unknown }: Unknown): Verdict {
  return { kind: 'unknown', message: `unknown: ${what} (${REASONS[unknown]})`, why: unknown };
}

/** @param message why it does not apply: `no device has SR-IOV` */
export function doesNotApply(message: string): Verdict {
  return { kind: 'not-applicable', message };
}
