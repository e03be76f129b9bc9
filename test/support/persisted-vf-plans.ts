import type { PciAddress } from '../../lib/pci/address.ts';
import { withPersistedVfs } from '../../lib/plan/persisted-changes.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { planPersistence } from '../../lib/plan/plan-persistence.ts';
import type { VfGoal } from '../../lib/plan/vf-goal.ts';
import { persistenceSituation } from './binding-plans.ts';
import type { SimulatedMachine } from './simulated-changes.ts';
import { NO_GOAL, proposeVfs } from './vf-plans.ts';

/** Plans to bring a PF of a simulated machine to what is asked, at each boot too. */
export async function persistentVfsPlan(
  machine: SimulatedMachine,
  address: PciAddress,
  wishes: Partial<VfGoal>,
): Promise<Plan> {
  const proposal = await proposeVfs(machine, address, wishes);
  const situation = persistenceSituation(machine);
  const pfs = withPersistedVfs(proposal, { ...NO_GOAL, ...wishes }, situation.pfs, [proposal.situation.pf]);
  const steps = planPersistence({ bindings: situation.bindings, pfs }, situation);
  return { ...proposal.plan, steps: [...proposal.plan.steps, ...steps] };
}
