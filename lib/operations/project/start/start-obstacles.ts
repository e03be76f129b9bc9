import { PortalGunError } from '../../../base/errors.ts';
import type { Virsh } from '../../../libvirt/virsh.ts';
import type { HostSession } from '../../session/host-session.ts';
import type { ProjectMachine } from '../project-machines.ts';
import { accessFindings } from './access-obstacles.ts';
import { deviceObstacles } from './device-obstacles.ts';
import { endpointObstacles } from './endpoint-obstacles.ts';
import { fileObstacles } from './file-obstacles.ts';
import { memoryObstacles } from './memory-obstacles.ts';
import { networkObstacles } from './network-obstacles.ts';

/**
 * Refuses to start machines that cannot start, before anything is changed: libvirt would report it late, with the
 * message of QEMU.
 *
 * @param hypervisor the hypervisor that works on this host
 * @returns notes about what could not be found out
 * @throws PortalGunError CANNOT_START with the first obstacle, and how many more there are
 */
export async function demandStartable(
  { ports }: HostSession,
  virsh: Virsh,
  machines: readonly ProjectMachine[],
  hypervisor: 'kvm' | 'qemu',
): Promise<readonly string[]> {
  if (machines.length === 0) return [];
  const { reader } = ports;
  const devices = machines.map((each) => deviceObstacles(reader, each, hypervisor));
  const access = await accessFindings(ports, machines);
  const obstacles = [
    ...memoryObstacles(reader, machines),
    ...machines.flatMap(({ machine }) => fileObstacles(reader, machine)),
    ...(await networkObstacles(reader, virsh, machines)),
    ...endpointObstacles(reader, machines),
    ...devices.flatMap((each) => each.obstacles),
    ...access.obstacles,
  ];
  const [first] = obstacles;
  if (first === undefined) return [...devices.flatMap((each) => each.notes), ...access.notes];
  const more = obstacles.length > 1 ? ` (and ${obstacles.length - 1} more)` : '';
  throw new PortalGunError('CANNOT_START', `${first.message}${more}`, {
    subject: first.subject,
    hint: first.hint,
  });
}
