import { isUnknown } from '../../../../base/known.ts';
import type { DeviceWith } from '../../../../pci/device.ts';
import { isWithVfio } from '../../../../pci/vfio-state.ts';
import { type NodeView, observeNodes } from '../../node-use.ts';
import type { NodeDevice } from '../../open-nodes.ts';
import { type SafetyRule, unknownFinding } from '../../safety-rule.ts';

// The driver of Xen's dom0 for devices that other domains can have: `pciback` built in, and as a module.
const XEN = /^(xen-)?pciback$/;

export const machineHasIt: SafetyRule<NodeDevice & DeviceWith<'vfio'>, NodeView> = {
  name: 'machine-has-it',
  title: 'a VM has it',
  severity: 'forbids',
  meaning:
    'A process has its group, or the device itself, open below `/dev/vfio`, or the group of one of its mediated devices: a running VM, or a program such as DPDK. The kernel does not unbind the driver until the process closes it. This is known only on the running host, and for all processes only as root.',
  remedy: 'shut the VM down, or detach the device from it first',
  find: (device, view) => {
    const { driver } = device;
    if (isUnknown(driver)) return [unknownFinding('its driver', driver)];
    if (driver !== null && XEN.test(driver)) {
      return [
        {
          message: `cannot be checked: ${driver} reserves it for Xen, and whether a domain has it is unknown here`,
          evidence: [`driver: ${driver}`],
          remedy: `return it from Xen: xl pci-assignable-remove ${device.address}`,
          isUnknown: true,
        },
      ];
    }
    return observeNodes(device, view, 'machine-has-it', {
      inUse: (names) => `is in use by ${names}`,
      what: 'VMs that have it',
      mayHave: isWithVfio(device),
    });
  },
};
