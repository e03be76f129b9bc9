import type { PciAddress } from '../pci/address.ts';

/**
 * - `forbids`: it can't be lifted while the host runs as it does.
 * - `refuses`: it stops the change unless it is allowed by its name.
 * - `warns`: it stops nothing.
 * - `unknown`: what the rule looks at could not be read.
 */
export type Severity = 'forbids' | 'refuses' | 'warns' | 'unknown';

/** A finding of a rule about one function. */
export interface Finding {
  /** The rule's: stable, and what `--allow` takes. */
  readonly name: string;
  readonly severity: Severity;
  /** What the rule itself would have been, which for an `unknown` one says whether it stops the change. */
  readonly ruleSeverity: Exclude<Severity, 'unknown'>;
  readonly subject: PciAddress;
  /** What is so, in words that follow the subject: `carries 10.0.0.5/24 (enp3s0f1)`. Raw text of the host may be in it. */
  readonly message: string;
  /** Where that stands, a line each. Raw text of the host may be in it. */
  readonly evidence: readonly string[];
  /** What to do about it. */
  readonly remedy: string;
}

/**
 * The findings that stop a change: those that forbid, and those that refuse and are not allowed by name. What could
 * not be read stops it too, where the rule would: it is no "no". It may be allowed by one who knows better, also
 * where the rule forbids.
 */
export function refusalsAmong(
  findings: readonly Finding[],
  allowed: ReadonlySet<string>,
): readonly Finding[] {
  return findings.filter(({ name, severity, ruleSeverity }) => {
    if (severity === 'forbids') return true;
    return ruleSeverity !== 'warns' && severity !== 'warns' && !allowed.has(name);
  });
}
