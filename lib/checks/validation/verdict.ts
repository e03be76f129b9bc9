import type { Unknown } from '../../base/known.ts';
import type { Fix } from './fix.ts';

/** How grave it is where something is not as a rule wants it, by the words of virt-host-validate. */
export type Grade = 'fail' | 'warn' | 'note';

/** What a rule says. */
export type Verdict =
  | { readonly kind: 'holds'; readonly message: string; readonly evidence: readonly string[] }
  | {
      readonly kind: 'violated';
      readonly message: string;
      readonly evidence: readonly string[];
      /** What to do, with the command or the file. */
      readonly remedy: string;
      /** What would do it; `null` where a person has to. */
      readonly fix: Fix | null;
      /** In place of the rule's own. */
      readonly grade: Grade | null;
    }
  /** What the rule looks at could not be had. It is no "holds". */
  | { readonly kind: 'unknown'; readonly message: string; readonly why: Unknown['unknown'] }
  /** It has nothing to say of such a host. */
  | { readonly kind: 'not-applicable'; readonly message: string };

export function holds(message: string, ...evidence: readonly string[]): Verdict {
  return { kind: 'holds', message, evidence };
}

/** What more there is to say where a rule does not hold. */
export interface Violation {
  readonly evidence?: readonly string[];
  readonly remedy: string;
  readonly fix?: Fix;
  readonly grade?: Grade;
}

export function violated(message: string, { evidence = [], remedy, fix, grade }: Violation): Verdict {
  return { kind: 'violated', message, evidence, remedy, fix: fix ?? null, grade: grade ?? null };
}

/** The fix of a verdict, for another that does not hold for the same reason. */
export function fixOf(verdict: Verdict): Pick<Violation, 'fix'> {
  return verdict.kind === 'violated' && verdict.fix !== null ? { fix: verdict.fix } : {};
}

const REASONS: Readonly<Record<Unknown['unknown'], string>> = {
  denied: 'requires root',
  broken: 'the data is unreadable or invalid',
  unread: 'the snapshot does not contain the data',
};

/** That something could not be found out: `what` is a noun, `reset methods`. */
export function unknownVerdict(what: string, { unknown }: Unknown): Verdict {
  return { kind: 'unknown', message: `unknown: ${what} (${REASONS[unknown]})`, why: unknown };
}

/** @param message why there is nothing to say: `no device is of SR-IOV` */
export function doesNotApply(message: string): Verdict {
  return { kind: 'not-applicable', message };
}
