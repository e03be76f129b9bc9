import { PortalGunError } from '../../base/errors.ts';
import { vfioProblem } from '../../checks/validation/vfio-problem.ts';
import type { HostReader } from '../../host/host-reader.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';
import { kindOf } from '../../plan/change-kinds.ts';
import type { Plan } from '../../plan/plan.ts';
import { readHostFacts } from '../../sysfs/host-facts/read-host-facts.ts';

/**
 * Checks, by the module files of the host, whether the VFIO drivers that a plan loads can be loaded, so that the plan
 * does not fail in the middle.
 *
 * @throws PortalGunError NO_DRIVER
 */
export function demandVfio(host: HostReader, { steps }: Plan): void {
  const [module] = steps.flatMap(({ change }) => {
    const needed = kindOf(change).loads(change);
    return needed !== null && isPassthroughDriver(needed.driver ?? '') ? [needed.module] : [];
  });
  if (module === undefined) return;
  const problem = vfioProblem(readHostFacts(host));
  if (problem === null) return;
  throw new PortalGunError('NO_DRIVER', problem.message, { subject: module, hint: problem.remedy });
}
