import { isUnknown } from '../../base/known.ts';
import { count, formatSize } from '../../base/text.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, notTold, violated } from '../verdict.ts';

// What libvirt adds for the memory of devices: qemuDomainGetMemLockLimitBytes().
const DEVICES_BYTES = 2 ** 30;

/** It may lock all of its memory. */
export const machineMemlock: MachineRule = {
  id: 'machine-memlock',
  title: 'it may lock all of its memory',
  grade: 'fail',
  purposes: ['machines'],
  meaning:
    "A machine with devices locks its memory, for each device once where its guest has an IOMMU. libvirt lets it lock that and 1 GiB; but `<hard_limit>` in its definition takes the place of that, and an IOMMU that is on QEMU's command line alone is not counted.",
  evaluate: ({ memoryBytes, hardLimitBytes, iommu, devices }) => {
    if (devices.length === 0) return doesNotApply('is given no device');
    if (isUnknown(memoryBytes)) return notTold('how much memory it has', memoryBytes);
    if (isUnknown(hardLimitBytes)) return notTold('how much it may lock', hardLimitBytes);
    if (memoryBytes === null) return doesNotApply('says nothing of memory');
    const times = iommu === null ? 1 : devices.length;
    const needed = memoryBytes * times + DEVICES_BYTES;
    const allowed = hardLimitBytes ?? memoryBytes * (iommu === 'arguments' ? 1 : times) + DEVICES_BYTES;
    if (allowed >= needed) return holds(`may lock ${formatSize(allowed)}`);
    return violated(
      `with ${count(devices.length, 'device')} needs ${formatSize(needed)} locked, and may lock ${formatSize(allowed)}`,
      {
        evidence: [
          hardLimitBytes === null
            ? "its IOMMU is on QEMU's command line, which libvirt does not count"
            : '<memtune><hard_limit> in its definition',
        ],
        remedy:
          hardLimitBytes === null
            ? "write the IOMMU as an element: <iommu model='intel'>"
            : 'take <hard_limit> out of its definition, or raise it (virsh memtune)',
      },
    );
  },
};
