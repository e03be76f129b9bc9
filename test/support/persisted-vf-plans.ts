import type { PciAddress } from '../../lib/pci/address.ts';
import { withPersistedVfs } from '../../lib/plan/persistence/persisted-changes.ts';
import { planPersistence } from '../../lib/plan/persistence/plan-persistence.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import type { VfGoal } from '../../lib/plan/sriov/vf-goal.ts';
import { persistenceState } from './binding-plans.ts';
import type { SimulatedMachine } from './simulated-changes.ts';
import { NO_GOAL, proposeVfs } from './vf-plans.ts';

/** Plans to bring a PF of a simulated machine to a requested state, at each boot too. */
export async function persistentVfsPlan(
  machine: SimulatedMachine,
  address: PciAddress,
  wishes: Partial<VfGoal>,
): Promise<Plan> {
  const proposal = await proposeVfs(machine, address, wishes);
  const state = persistenceState(machine);
  const pfs = withPersistedVfs(proposal, { ...NO_GOAL, ...wishes }, state.pfs, [proposal.state.pf]);
  const steps = planPersistence({ bindings: state.bindings, pfs }, state);
  return { ...proposal.plan, steps: [...proposal.plan.steps, ...steps] };
}
