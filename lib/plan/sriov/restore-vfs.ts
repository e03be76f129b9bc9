import type { Plan } from '../plan.ts';
import type { VfsProposal } from './plan-vfs.ts';

/** One plan that brings several PFs to what was proposed for each. */
export function planRestoredVfs(proposals: readonly VfsProposal[]): Plan {
  const changing = proposals.filter(({ plan }) => plan.steps.length > 0);
  const names = changing.map(({ state: { pf } }) => pf.address);
  return {
    title: `Put ${names.length === 0 ? 'persisted VFs' : `the persisted VFs of ${names.join(', ')}`} in force`,
    guards: changing.flatMap(({ plan }) => plan.guards),
    steps: changing.flatMap(({ plan }) => plan.steps),
  };
}
