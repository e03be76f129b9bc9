import { plainHostDevice } from '../../lib/libvirt/hostdev/host-device.ts';
import type { PciAddress } from '../../lib/pci/address.ts';
import type { PciDevice } from '../../lib/pci/device.ts';
import { NO_NAMES } from '../../lib/pci/pci-ids.ts';
import {
  assignmentSteps,
  assignTo,
  type DeviceToAssign,
  unassignFrom,
} from '../../lib/plan/assignment/plan-assignment.ts';
import {
  attachAll,
  attachmentSteps,
  detachFrom,
  runningMachines,
} from '../../lib/plan/assignment/plan-attachment.ts';
import type { Plan } from '../../lib/plan/plan.ts';
import { ALL_FIELDS, readInventory } from '../../lib/sysfs/device/read-inventory.ts';
import type { SimulatedMachine } from './simulated-changes.ts';

/** It has a group of its own. */
export const CARD = '0000:07:00.0' as PciAddress;
const URI = 'qemu:///system';

/** A device of a host, to be assigned to VMs. */
export function toAssign({ reader }: Pick<SimulatedMachine, 'reader'>, address = CARD): DeviceToAssign {
  const found = readInventory(reader, NO_NAMES, ALL_FIELDS).devices.filter(
    (each) => each.address === address,
  );
  const [device] = found as [PciDevice];
  return { device, handed: plainHostDevice(address), policy: 'shared', asked: true };
}

/** Assigns a device to the VM of a simulated libvirt, or unassigns it: in its definition, and live if it runs. */
export function livePlan(host: SimulatedMachine, what: 'plug' | 'unplug'): Plan {
  const machine = host.libvirt.machine();
  const running = runningMachines([machine]);
  if (what === 'unplug') {
    const steps = [
      ...assignmentSteps(
        URI,
        unassignFrom(machine, () => true),
      ),
      ...running.flatMap((each) =>
        attachmentSteps(
          URI,
          detachFrom(each, () => true),
        ),
      ),
    ];
    return { title: 'Take a device', guards: [], steps };
  }
  const devices = [toAssign(host)];
  const assignment = assignTo(machine, devices);
  const attachments = attachAll(
    running.map((each) => ({ machine: each, devices, defined: assignment.to })),
    running,
  );
  return {
    title: 'Give a device',
    guards: [],
    steps: [
      ...assignmentSteps(URI, assignment),
      ...attachments.flatMap((each) => attachmentSteps(URI, each)),
    ],
  };
}
