import { findDefinitionSafety, findSafety } from '../../apply/safety-reading.ts';
import { PortalGunError } from '../../base/errors.ts';
import type { Finding } from '../../checks/finding.ts';
import { isLocalUri } from '../../libvirt/connection-uri.ts';
import {
  type KnownMachines,
  type ReadingPurpose,
  readMachines,
} from '../../libvirt/machine/read-machines.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceField, DeviceWith } from '../../pci/device.ts';
import { TRAIT_FIELDS } from '../../pci/device-traits.ts';
import type { MachineAttachment } from '../../plan/assignment/plan-attachment.ts';
import type { ProbedDevices } from '../../sysfs/device/read-inventory.ts';
import { hostLookup } from '../../sysfs/host-lookup.ts';
import type { HostSession } from '../session/host-session.ts';
import { askedUri, virshOf } from '../session/libvirt-connection.ts';
import { sysfsSource } from '../session/sysfs-source.ts';
import { type HostdevState, readHostdevState } from './hostdev-state.ts';
import { applies } from './live-attachments.ts';

/** The libvirt that has the VMs, and the devices of the host as far as giving them depends on them. */
export interface AssignmentState {
  readonly session: HostSession;
  readonly virsh: Virsh;
  readonly handing: HostdevState;
}

/**
 * Reads all that giving devices to VMs, or taking them away, depends on, but for the VMs: what is wrong with a device that is
 * named is an error before a libvirt is asked.
 *
 * @param more facts of devices that are needed besides their identities
 * @param asked the devices that the question is about; all without it
 * @throws PortalGunError as {@link virshHere}, and what reading devices throws
 */
export async function readAssignmentState(
  session: HostSession,
  more: readonly DeviceField[],
  asked?: ProbedDevices,
): Promise<AssignmentState> {
  const virsh = virshHere(session);
  const source = sysfsSource(session.host);
  const fields = [...TRAIT_FIELDS, ...more];
  return { session, virsh, handing: await readHostdevState(source, session.names, [], fields, asked) };
}

/** The VMs, with what they have of the devices of the host. */
export function readMachinesHere(
  { host }: HostSession,
  virsh: Virsh,
  purpose: ReadingPurpose,
  devices: readonly DeviceWith<'netInterfaces' | 'sriov'>[],
): Promise<KnownMachines> {
  return readMachines(virsh, purpose, hostLookup(host, devices));
}

/** What speaks against VMs having devices, from their next start on, and some at once. */
export function findAssignmentSafety(
  { session: { host }, handing: { inventory, groups } }: AssignmentState,
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
 * The libvirt of a session, whose VMs have to run where devices are looked for: on this machine, or on a captured one.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function virshHere(session: HostSession): Virsh {
  const virsh = virshOf(session);
  refuseElsewhere(session, virsh.uri);
  return virsh;
}

/** @throws PortalGunError BAD_ARGUMENT for VMs that do not run where devices are looked for */
export function refuseElsewhere(session: HostSession, uri: string): void {
  if (isLocalUri(uri) || session.isCaptured) return;
  throw new PortalGunError('BAD_ARGUMENT', 'is another host, and the devices are looked for on this one', {
    subject: askedUri(session)?.by ?? uri,
    hint: 'run it there; or give a capture of that host as well: --host FILE (pci snapshot -o FILE)',
  });
}
