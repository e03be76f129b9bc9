import type { Finding } from '../checks/finding.ts';
import type { Plan } from './plan.ts';

/** A plan with all that a person needs to judge it. */
export interface Proposal {
  readonly plan: Plan;
  /** What speaks against it. */
  readonly findings: readonly Finding[];
  /** The names of what is accepted all the same. */
  readonly allowed: ReadonlySet<string>;
}
