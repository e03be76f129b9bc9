import { findDefinitionSafety, findSafety } from '../../apply/safety-reading.ts';
import type { Finding } from '../../checks/finding.ts';
import {
  type KnownMachines,
  type ReadingPurpose,
  readMachines,
} from '../../libvirt/machine/read-machines.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { MachineAttachment } from '../../plan/assignment/plan-attachment.ts';
import { hostLookup } from '../../sysfs/host-lookup.ts';
import type { HostSession } from '../session/host-session.ts';
import { virshOf } from '../session/libvirt-connection.ts';
import { refuseElsewhere } from '../session/refuse-elsewhere.ts';
import type { HostdevState } from './hostdev-state.ts';
import { applies } from './live-attachments.ts';

/** The VMs, with their devices of the host. */
export function readMachinesHere(
  { host }: HostSession,
  virsh: Virsh,
  purpose: ReadingPurpose,
  devices: readonly DeviceWith<'netInterfaces' | 'sriov'>[],
): Promise<KnownMachines> {
  return readMachines(virsh, purpose, hostLookup(host, devices));
}

/** The findings that prevent VMs from having devices, from their next start on, and some immediately. */
export function findAssignmentSafety(
  { host }: HostSession,
  { inventory, groups }: HostdevState,
  addresses: readonly PciAddress[],
  attachments: readonly MachineAttachment[] = [],
): readonly Finding[] {
  const findings =
    attachments.length === 0
      ? findDefinitionSafety(host, inventory, groups, addresses)
      : findSafety(host, inventory, groups, addresses, null);
  return findings.filter((finding) => applies(finding, attachments, inventory.devices));
}

/**
 * The libvirt of a session, whose VMs must run on the host of the devices: this machine, or a captured one.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function virshHere(session: HostSession): Virsh {
  const virsh = virshOf(session);
  refuseElsewhere(session, virsh.uri);
  return virsh;
}
