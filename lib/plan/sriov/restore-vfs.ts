import type { Plan } from '../plan.ts';
import type { VfsProposal } from './plan-vfs.ts';

/** One plan for the proposals of several PFs. */
export function planRestoredVfs(proposals: readonly VfsProposal[]): Plan {
  const changing = proposals.filter(({ plan }) => plan.steps.length > 0);
  const names = changing.map(({ state: { pf } }) => pf.address);
  return {
    title: names.length === 0 ? 'Restore persisted VFs' : `Restore the persisted VFs of ${names.join(', ')}`,
    guards: changing.flatMap(({ plan }) => plan.guards),
    steps: changing.flatMap(({ plan }) => plan.steps),
  };
}
