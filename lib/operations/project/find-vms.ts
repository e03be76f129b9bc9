import { PortalGunError } from '../../base/errors.ts';
import { findMachineMetadata } from '../../libvirt/machine/machine-metadata.ts';
import {
  type KnownMachine,
  type KnownMachines,
  mainDocument,
  readMachines,
} from '../../libvirt/machine/read-machines.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import type { ResolvedMachine } from '../../machines/resolved-machine.ts';
import type { ProjectMachine } from './project-machines.ts';

/** The VM of each machine in libvirt; `null` for one that is not there. */
export type MachineVms = ReadonlyMap<ProjectMachine, KnownMachine | null>;

/**
 * Finds the VMs of machines by their UUIDs.
 *
 * @throws PortalGunError NOT_OURS if a VM of the same name or UUID is not of this folder
 */
export async function findVms(
  virsh: Virsh,
  machines: readonly ProjectMachine[],
): Promise<{ readonly vms: MachineVms; readonly known: KnownMachines }> {
  const known = await readMachines(virsh, 'edit');
  return { vms: new Map(machines.map((each) => [each, vmOf(each, known.machines)])), known };
}

function vmOf({ machine }: ProjectMachine, known: readonly KnownMachine[]): KnownMachine | null {
  const { name } = machine.definition;
  const vm = known.find(({ uuid }) => uuid === machine.uuid);
  const namesake = known.find((each) => each.name === name);
  const stranger = [vm, namesake].find((each) => each !== undefined && !isOurs(each, machine));
  if (stranger === undefined) return vm ?? null;
  throw new PortalGunError(
    'NOT_OURS',
    'libvirt has a VM of this name that is not of this folder; it was not changed',
    {
      subject: stranger.name,
      hint: `give the machine another name, or rename the VM: virsh domrename ${name} NEW-NAME`,
    },
  );
}

/** Its folder may have moved: the UUID of the lock is unique. */
function isOurs(vm: KnownMachine, { uuid }: ResolvedMachine): boolean {
  const metadata = findMachineMetadata(mainDocument(vm).document);
  return vm.uuid === uuid && metadata?.element.attributes.has('folder') === true;
}
