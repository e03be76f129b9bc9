import type { Diagnostic } from '../../base/diagnostic.ts';
import { isUnknown } from '../../base/known.ts';
import { type KnownMachine, mainDocument, readMachines } from '../../libvirt/machine/read-machines.ts';
import type { HostSession } from '../session/host-session.ts';
import { virshOf } from '../session/libvirt-connection.ts';
import { categoriesOf, type MachineChoice } from './target-machines.ts';

/** Which VMs to list; all by default. */
export interface ListMachinesOptions extends Pick<MachineChoice, 'type'> {
  /** The VMs without a category, in addition to those of the types. */
  readonly untagged?: boolean;
}

/** The VMs of a libvirt. */
export interface MachineList {
  /** The URI of the libvirt. */
  readonly connect: string;
  /** The selected VMs, by name. */
  readonly machines: readonly KnownMachine[];
  /** All VMs of libvirt. */
  readonly all: readonly KnownMachine[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Lists the VMs of the libvirt of a session.
 *
 * @throws PortalGunError BAD_ARGUMENT, and the errors of asking libvirt
 */
export async function listMachines(
  session: HostSession,
  options: ListMachinesOptions = {},
): Promise<MachineList> {
  const types = categoriesOf(options);
  const { untagged = false } = options;
  const virsh = virshOf(session);
  const { machines: all, diagnostics } = await readMachines(virsh, 'look');
  const isMeant = (machine: KnownMachine): boolean => {
    const { category } = mainDocument(machine).machine;
    if (types.length === 0 && !untagged) return true;
    return category === null ? untagged : !isUnknown(category) && types.includes(category);
  };
  return { connect: virsh.uri, machines: all.filter(isMeant), all, diagnostics };
}
