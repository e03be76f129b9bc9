import { readAssigned } from '../../../libvirt/assignment/assigned-devices.ts';
import type { KnownMachine, KnownMachines } from '../../../libvirt/machine/read-machines.ts';
import type { Step } from '../../../plan/plan.ts';
import { startHookSteps } from '../../assignment/start-hook.ts';
import type { HostSession } from '../../session/host-session.ts';

/**
 * The step that removes the libvirt hook, which checks devices before a VM starts, with the last VM that has assigned
 * devices; none if another VM has, or may have, some.
 *
 * @param known all VMs of the libvirt
 * @param leaving the UUIDs of the VMs that have no assigned devices afterwards
 */
export function lastHookSteps(
  session: HostSession,
  { machines, unread }: Pick<KnownMachines, 'machines' | 'unread'>,
  leaving: ReadonlySet<string>,
): readonly Step[] {
  const withDevices = machines.filter(hasAssigned);
  const isLast = withDevices.length > 0 && withDevices.every(({ uuid }) => leaving.has(uuid));
  return isLast && unread.length === 0 ? startHookSteps(session, false) : [];
}

/** Whether devices are, or may be, assigned to a VM. */
function hasAssigned({ definition, live }: KnownMachine): boolean {
  return [definition, live].some(
    (each) => each !== null && (each.unreadable !== null || readAssigned(each.document).devices.length > 0),
  );
}
