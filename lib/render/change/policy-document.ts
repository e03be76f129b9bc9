import type { PlanDocument } from '../../documents/changes/plan.ts';
import type { PolicyReportDocument } from '../../documents/changes/policy-report.ts';
import type { PolicyDevice } from '../../plan/policy/policy.ts';

/**
 * The result of `pci apply`, as JSON.
 *
 * @param plans the documents of the plans, in order
 * @param postponed the entries of the policy that cannot be planned before their VFs exist
 */
export function policyDocument(
  policy: string,
  isDifferent: boolean,
  plans: readonly PlanDocument[],
  postponed: readonly PolicyDevice[],
): PolicyReportDocument {
  return {
    schema: 'portal-gun/policy-report/v1',
    policy,
    different: isDifferent,
    plans,
    postponed: postponed.map(({ at, selector }) => ({ at, device: selector.text })),
  };
}
