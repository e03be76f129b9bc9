import type { PlanDocument } from '../../documents/changes/plan.ts';
import type { PolicyReportDocument } from '../../documents/changes/policy-report.ts';
import type { PolicyDevice } from '../../plan/policy/policy.ts';

/**
 * What `pci apply` came to, as JSON.
 *
 * @param plans the documents of the plans that were made, in their order
 * @param postponed what of the policy can't be told before virtual functions are there
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
