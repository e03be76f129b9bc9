import { isUnknown } from '../../../../base/known.ts';
import type { DeviceWith } from '../../../../pci/device.ts';
import { isWithVfio } from '../../../../pci/vfio-state.ts';
import { type NodeView, observeNodes } from '../../node-use.ts';
import type { NodeDevice } from '../../open-nodes.ts';
import { type SafetyRule, unknownFinding } from '../../safety-rule.ts';

// The driver of Xen's first domain for what other domains may have: `pciback` in the kernel, and as a module.
const XEN = /^(xen-)?pciback$/;

/** A virtual machine has it. */
export const machineHasIt: SafetyRule<NodeDevice & DeviceWith<'vfio'>, NodeView> = {
  name: 'machine-has-it',
  title: 'a virtual machine has it',
  severity: 'forbids',
  meaning:
    'A process has its group or itself open below `/dev/vfio`, or the group of a mediated device of it: a virtual machine that runs, or a program such as DPDK. The kernel does not let the driver go before that has closed it. Known on the running host alone, and of all processes to root alone.',
  remedy: 'shut the machine down, or detach the device from it first',
  find: (device, view) => {
    const { driver } = device;
    if (isUnknown(driver)) return [unknownFinding('which driver has it', driver)];
    if (driver !== null && XEN.test(driver)) {
      return [
        {
          message: `is not cleared: ${driver} keeps it for Xen, and whether a domain has it is not known here`,
          evidence: [`driver: ${driver}`],
          remedy: `take it back from Xen: xl pci-assignable-remove ${device.address}`,
          isUnknown: true,
        },
      ];
    }
    return observeNodes(device, view, 'machine-has-it', {
      inUse: (names) => `is in use by ${names}`,
      what: 'whether a virtual machine has it',
      mayHave: isWithVfio(device),
    });
  },
};
