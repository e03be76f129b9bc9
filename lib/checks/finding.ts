import type { PciAddress } from '../pci/address.ts';

/**
 * - `forbids`: it cannot be accepted in the current state of the host.
 * - `refuses`: it stops the change unless it is allowed by its name.
 * - `warns`: it stops nothing.
 * - `unknown`: the facts for the rule could not be read.
 */
export type Severity = 'forbids' | 'refuses' | 'warns' | 'unknown';

/** A finding of a rule about one function. */
export interface Finding {
  /** The name of the rule: stable, and the value of `--allow`. */
  readonly name: string;
  readonly severity: Severity;
  /** The severity of the rule itself. For an `unknown` finding it decides whether the change stops. */
  readonly ruleSeverity: Exclude<Severity, 'unknown'>;
  readonly subject: PciAddress;
  /** A clause after the subject: `carries 10.0.0.5/24 (enp3s0f1)`. It may contain raw text of the host. */
  readonly message: string;
  /** The sources, one line each. They may contain raw text of the host. */
  readonly evidence: readonly string[];
  /** How to remove the finding. */
  readonly remedy: string;
}

/**
 * The findings that stop a change: those that forbid, and those that refuse and are not allowed by name. An unknown
 * finding stops it too, if the rule would, because unknown does not mean "no". A user may allow an unknown finding
 * even if the rule forbids.
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
