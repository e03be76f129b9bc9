import { isUnknown, knownValue } from '../../base/known.ts';
import type { PciDevice } from '../../pci/device.ts';
import { isPassthroughDriver } from '../../pci/iommu-group.ts';
import { listSome, notKnown, type SafetyRule } from '../safety-rule.ts';
import { holderEvidence, holderName } from '../safety-view.ts';

/** A virtual machine has it. */
export const machineHasIt: SafetyRule = {
  name: 'machine-has-it',
  title: 'a virtual machine has it',
  severity: 'forbids',
  meaning:
    'It is on a VFIO driver, and a process has its group or itself open below `/dev/vfio`: a virtual machine that runs, or a program such as DPDK. The kernel does not let the driver go before that has closed it. Known on the running host alone, and of all processes to root alone.',
  remedy: 'shut the machine down, or detach the device from it first',
  find: (device, view) => {
    const driver = knownValue(device.driver);
    if (isUnknown(device.driver)) return [notKnown('which driver has it', device.driver)];
    if (driver === undefined || !isPassthroughDriver(driver)) return [];
    const nodes = nodesOf(device);
    const holders = view.holdersOf((path) => nodes.has(path));
    if (holders.length > 0) {
      const names = holders.map(({ holder }) => holderName(holder));
      return [{ message: `is in use by ${listSome(names)}`, evidence: holders.map(holderEvidence) }];
    }
    const { unseen } = view.host.live;
    return isUnknown(unseen) ? [notKnown('whether a virtual machine has it', unseen)] : [];
  },
};

function nodesOf({ iommuGroup, attachments }: PciDevice): ReadonlySet<string> {
  const group = knownValue(iommuGroup);
  const own = (knownValue(attachments) ?? []).filter(({ kind }) => kind === 'vfio-dev');
  return new Set([
    ...(group === undefined ? [] : [`/dev/vfio/${group}`, `/dev/vfio/noiommu-${group}`]),
    ...own.map(({ name }) => `/dev/vfio/devices/${name}`),
  ]);
}
