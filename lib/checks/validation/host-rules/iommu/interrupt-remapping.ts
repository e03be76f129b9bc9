import { isUnknown, knownValue, UNREAD } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

const FIX = { kind: 'kernel-argument', argument: 'intremap=on' } as const;
const PARAMETER = 'vfio_iommu_type1.allow_unsafe_interrupts';

/** Interrupts of devices go through the IOMMU. */
export const interruptRemapping: HostRule = {
  id: 'interrupt-remapping',
  title: 'interrupts of devices go through the IOMMU',
  grade: 'fail',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'The controllers of interrupts are such as the IOMMU remaps (`IR-IO-APIC` in `/sys/kernel/irq/0/chip_name`). Without that a machine could raise any interrupt of the host with the device that it has, and VFIO gives it none, unless `allow_unsafe_interrupts` of `vfio_iommu_type1` says so.',
  evaluate: ({ groups, facts: { cpu, kernel, interruptRemapping: isRemapped, parameters } }) => {
    if (groups.length === 0) return doesNotApply('there are no IOMMU groups');
    if (isUnknown(isRemapped)) return unknownVerdict('whether interrupts go through the IOMMU', isRemapped);
    if (isRemapped === null) return unknownVerdict('whether interrupts go through the IOMMU', UNREAD);
    if (isRemapped) return holds('interrupts go through the IOMMU');
    if (cpu.flags === null) return doesNotApply('on a processor of this kind that is told in another way');
    const isAllowed = parameters[PARAMETER] === 'Y' || parameters[PARAMETER] === '1';
    return violated(
      isAllowed
        ? 'interrupts do not go through the IOMMU, and VFIO gives devices to machines all the same'
        : 'interrupts do not go through the IOMMU: VFIO gives no device to a machine',
      {
        evidence: [
          '/sys/kernel/irq: no chip_name begins with IR-',
          ...(isAllowed ? [`${PARAMETER}: ${parameters[PARAMETER]}`] : []),
        ],
        remedy:
          'switch on interrupt remapping (x2APIC) in the setup of the firmware, and take nointremap or intremap=off off the kernel command line; or, where all machines are trusted, write "options vfio_iommu_type1 allow_unsafe_interrupts=1" into a file in /etc/modprobe.d',
        ...(isAllowed ? { grade: 'warn' as const } : {}),
        ...(isSwitchedOff(knownValue(kernel.arguments) ?? []) ? { fix: FIX } : {}),
      },
    );
  },
};

/** Whether the kernel was told not to; of several words the last counts (drivers/iommu/irq_remapping.c). */
function isSwitchedOff(words: readonly string[]): boolean {
  const last = words.filter((word) => /^(nointremap$|intremap=)/.test(word)).at(-1) ?? '';
  return /^(nointremap$|intremap=(.*,)?off(,|$))/.test(last);
}
