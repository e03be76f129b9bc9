import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import type { Finding } from '../../checks/finding.ts';
import { readAssigned } from '../../libvirt/assignment/assigned-devices.ts';
import type { AssignedState } from '../../libvirt/assignment/assignment.ts';
import { hasNow } from '../../libvirt/machine/given-devices.ts';
import type { KnownMachine } from '../../libvirt/machine/read-machines.ts';
import type { PciDevice } from '../../pci/device.ts';
import { isWithVfio } from '../../pci/vfio-state.ts';
import type { DeviceToAssign, MachineAssignment } from '../../plan/assignment/plan-assignment.ts';
import {
  attachAll,
  type MachineAttachment,
  type RunningMachine,
} from '../../plan/assignment/plan-attachment.ts';
import {
  demandRunning,
  type LiveMachines,
  liveMachinesOf,
  NO_LIVE_MACHINES,
} from '../machines/live-machines.ts';
import { demandLiveTargets, type MachineChoice } from '../machines/target-machines.ts';
import type { ChangeScope } from './change-scope.ts';
import { type HostdevState, withGroups } from './hostdev-state.ts';

/**
 * The VMs that get devices while they run; none if that was not requested.
 *
 * @throws PortalGunError NOT_RUNNING, and the errors of {@link demandLiveTargets}
 */
export function meantNow(
  choice: MachineChoice,
  scope: ChangeScope,
  machines: readonly KnownMachine[],
): LiveMachines {
  if (!scope.live) return NO_LIVE_MACHINES;
  const meant = liveMachinesOf(demandLiveTargets(choice, machines));
  demandRunning(scope, meant);
  return meant;
}

/** The definition of a VM after a plan. */
function definedBy(machine: KnownMachine, assignments: readonly MachineAssignment[]): AssignedState {
  const planned = assignments.find((each) => each.machine.uuid === machine.uuid)?.to;
  const { definition } = machine;
  return (
    planned ?? (definition === null ? { devices: [], rootPorts: [] } : readAssigned(definition.document))
  );
}

/**
 * The immediate changes of running VMs that get devices.
 *
 * @throws PortalGunError ASSIGNED_ELSEWHERE, NO_GUEST_SLOT, CANNOT_BE_GIVEN, BAD_XML
 */
export function attachNow(
  state: HostdevState,
  { running }: LiveMachines,
  devices: readonly DeviceToAssign[],
  assignments: readonly MachineAssignment[],
  machines: readonly KnownMachine[],
): readonly MachineAttachment[] {
  const attachments = attachAll(
    running.map((machine: RunningMachine) => ({
      machine,
      devices,
      defined: definedBy(machine, assignments),
    })),
    machines,
  );
  for (const { gained } of attachments) {
    const addresses = new Set(gained.map(({ address }) => address));
    refuseUnbound(
      state,
      state.inventory.devices.filter(({ address }) => addresses.has(address)),
    );
  }
  return attachments;
}

/**
 * Refuses devices of a group of several that are not all on vfio-pci: libvirt takes only the attached device from the
 * host, and the kernel does not pass a part of a group through.
 */
function refuseUnbound(state: HostdevState, gained: readonly PciDevice[]): void {
  for (const device of gained) {
    const members = withGroups(state, [device]);
    const left = members.find((each) => !isWithVfio(each));
    if (members.length < 2 || left === undefined) continue;
    throw new PortalGunError(
      'CANNOT_BE_GIVEN',
      `is in an IOMMU group of ${members.length} devices; libvirt attaches one at a time, and ${left.address} is not on vfio-pci`,
      {
        subject: device.address,
        hint: `bind the whole group first: pci bind ${device.address}`,
      },
    );
  }
}

/**
 * Whether a finding counts for VMs that get a device. That a VM has the device is intended for definitions. It counts
 * for an immediate attachment, unless that VM already has another device of its group.
 */
export function applies(
  { name, subject }: Finding,
  attachments: readonly MachineAttachment[],
  devices: readonly PciDevice[],
): boolean {
  if (name !== 'machine-has-it') return true;
  const groupOf = (each: PciDevice): number | undefined => knownValue(each.iommuGroup);
  const device = devices.find(({ address }) => address === subject);
  const getting = attachments.find(({ gained }) => gained.some(({ address }) => address === subject));
  if (device === undefined || getting === undefined) return false;
  return !devices.some((each) => groupOf(each) === groupOf(device) && hasNow(getting.machine, each.address));
}
