import { knownValue } from '../../../base/known.ts';
import { type PciAddress, shortAddress } from '../../../pci/address.ts';
import { deviceAt } from '../../../pci/device-at.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, violated } from '../verdict.ts';

export const machineGuestIommu: MachineRule = {
  id: 'machine-guest-iommu',
  title: 'the IOMMU of its guest keeps groups of the host together',
  grade: 'fail',
  purposes: ['machines', 'passthrough'],
  meaning:
    'If the guest has an IOMMU, each device gets its own address space, and all devices behind one conventional bridge share one. The host has one address space for each IOMMU group. QEMU does not start if two devices of one group have separate address spaces in the guest.',
  evaluate: ({ devices, iommu }, host) => {
    if (iommu === null) return doesNotApply('has no IOMMU in its guest');
    const groups = new Map<number, Map<string, PciAddress>>();
    for (const { address, requester } of devices) {
      const group = knownValue(deviceAt(host.devices ?? [], address)?.iommuGroup ?? null);
      if (address === null || group === undefined) continue;
      const apart = groups.get(group) ?? new Map<string, PciAddress>();
      groups.set(group, apart.set(requester ?? address, address));
    }
    const torn = [...groups].filter(([, apart]) => apart.size > 1);
    const [first] = torn;
    if (first === undefined) return holds('no group of the host is split');
    const sentences = torn.map(
      ([group, apart]) =>
        `${[...apart.values()].map(shortAddress).join(' and ')} of group ${group} have separate address spaces in the guest`,
    );
    return violated(sentences[0] as string, {
      evidence: sentences,
      remedy:
        "put them behind one controller of model='pcie-to-pci-bridge', or remove <iommu> from the VM: virsh edit",
    });
  },
};
