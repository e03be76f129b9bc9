import { PortalGunError } from '../../base/errors.ts';
import type { KnownMachine } from '../../libvirt/machine/read-machines.ts';
import { type RunningMachine, runningMachines } from '../../plan/assignment/plan-attachment.ts';
import type { ChangeScope } from '../assignment/change-scope.ts';

/** Selected VMs: those that run, and those that cannot change now. */
export interface LiveMachines {
  readonly running: readonly RunningMachine[];
  readonly skipped: readonly KnownMachine[];
}

export const NO_LIVE_MACHINES: LiveMachines = { running: [], skipped: [] };

export function liveMachinesOf(meant: readonly KnownMachine[]): LiveMachines {
  const running = runningMachines(meant);
  return { running, skipped: meant.filter((machine) => !running.some((each) => each === machine)) };
}

/**
 * Refuses to attach devices if no VM runs, and definitions do not change.
 *
 * @throws PortalGunError NOT_RUNNING
 */
export function demandRunning({ config }: ChangeScope, { running, skipped }: LiveMachines): void {
  if (config || running.length > 0) return;
  const [only] = skipped;
  if (only !== undefined && skipped.length === 1) {
    throw new PortalGunError('NOT_RUNNING', 'the VM is not running', { subject: only.name });
  }
  throw new PortalGunError('NOT_RUNNING', `none of the ${skipped.length} VMs is running`, {
    subject: '--live',
  });
}
