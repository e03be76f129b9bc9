import type { Plan } from './plan.ts';
import type { VfsProposal } from './plan-vfs.ts';

/** One plan that brings several PFs to what was proposed for each. */
export function planRestoredVfs(proposals: readonly VfsProposal[]): Plan {
  const changing = proposals.filter(({ plan }) => plan.steps.length > 0);
  const names = changing.map(({ situation: { pf } }) => pf.address);
  return {
    title: `Put the persisted VFs in force: ${names.join(', ')}`,
    guards: changing.flatMap(({ plan }) => plan.guards),
    steps: changing.flatMap(({ plan }) => plan.steps),
  };
}
