import { assignedNow, readAssigned } from '../libvirt/assignment/assigned-devices.ts';
import { addressOf } from '../libvirt/assignment/assignment.ts';
import { unassignCommand, virshCommand } from '../libvirt/machine/machine-words.ts';
import type { KnownMachine } from '../libvirt/machine/read-machines.ts';
import { mayTake } from '../libvirt/machine/taken-functions.ts';
import type { PciAddress } from '../pci/address.ts';

/** How a VM releases a device, with a command: `pci unassign` only for devices of `pci assign`. */
export function releaseHint(machine: KnownMachine, address: PciAddress): string {
  const { definition, live } = machine;
  const ours =
    definition !== null &&
    definition.unreadable === null &&
    readAssigned(definition.document).devices.some((each) => addressOf(each) === address);
  if (ours) return `unassign it first: ${unassignCommand(address, machine)}`;
  const taking = definition?.machine.devices.find((each) => mayTake(each, address));
  if (taking !== undefined) {
    const what =
      taking.device.kind === 'pool-interface' ? `its interface of network ${taking.device.network}` : 'it';
    return `pci assign did not add it; remove ${what} from the definition: ${virshCommand('edit', machine)}`;
  }
  if (live !== null && live.unreadable === null && isOursNow(machine, address)) {
    return releaseNowHint(machine, address);
  }
  return `only the running VM has it; shut it down: ${virshCommand('shutdown', machine)}`;
}

/** How a running VM releases a device immediately. */
export function releaseNowHint(machine: KnownMachine, address: PciAddress): string {
  return isOursNow(machine, address)
    ? `unassign it first: ${unassignCommand(address, machine, '--live')}`
    : `pci assign did not add it; shut the VM down: ${virshCommand('shutdown', machine)}`;
}

function isOursNow({ definition, live }: KnownMachine, address: PciAddress): boolean {
  if (live === null || live.unreadable !== null || (definition?.unreadable ?? null) !== null) return false;
  return assignedNow({ definition, live }).some(({ device }) => device.address === address);
}
