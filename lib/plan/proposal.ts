import type { Finding } from '../checks/finding.ts';
import type { Plan } from './plan.ts';

/** A plan with all facts that a user needs to judge it. */
export interface Proposal {
  readonly plan: Plan;
  /** The findings that prevent it. */
  readonly findings: readonly Finding[];
  /** The names of accepted findings. */
  readonly allowed: ReadonlySet<string>;
}
