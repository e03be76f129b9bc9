import { isUnknown, knownValue, UNREAD } from '../../../../base/known.ts';
import { hasNoGroups } from '../../group-of.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

const FIX = { kind: 'kernel-argument', argument: 'intremap=on' } as const;
const PARAMETER = 'vfio_iommu_type1.allow_unsafe_interrupts';

export const interruptRemapping: HostRule = {
  id: 'interrupt-remapping',
  title: 'the IOMMU remaps interrupts of devices',
  grade: 'fail',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'The IOMMU remaps the interrupt controllers (`IR-IO-APIC` in `/sys/kernel/irq/0/chip_name`). Without remapping, a VM could raise any interrupt of the host with its device. VFIO then passes no device through, unless `allow_unsafe_interrupts` of `vfio_iommu_type1` is set.',
  evaluate: (host) => {
    const { cpu, kernel, interruptRemapping: isRemapped, parameters } = host.facts;
    if (hasNoGroups(host)) return doesNotApply('there are no IOMMU groups');
    if (isUnknown(isRemapped)) return unknownVerdict('interrupt remapping', isRemapped);
    if (isRemapped === null) return unknownVerdict('interrupt remapping', UNREAD);
    if (isRemapped) return holds('the IOMMU remaps interrupts');
    if (cpu.flags === null) return doesNotApply('this kind of processor reports it in another way');
    const isAllowed = parameters[PARAMETER] === 'Y' || parameters[PARAMETER] === '1';
    return violated(
      isAllowed
        ? 'the IOMMU does not remap interrupts, but VFIO is configured to pass devices through anyway'
        : 'the IOMMU does not remap interrupts, so VFIO passes no device through',
      {
        evidence: [
          '/sys/kernel/irq: no chip_name begins with IR-',
          ...(isAllowed ? [`${PARAMETER}: ${parameters[PARAMETER]}`] : []),
        ],
        remedy:
          'enable interrupt remapping (x2APIC) in the firmware setup, and remove nointremap or intremap=off from the kernel command line; or, if all VMs are trusted, write "options vfio_iommu_type1 allow_unsafe_interrupts=1" to a file in /etc/modprobe.d',
        ...(isAllowed ? { grade: 'warn' as const } : {}),
        ...(isSwitchedOff(knownValue(kernel.arguments) ?? []) ? { fix: FIX } : {}),
      },
    );
  },
};

/** Whether the kernel command line disables it; of several words the last counts (drivers/iommu/irq_remapping.c). */
function isSwitchedOff(words: readonly string[]): boolean {
  const last = words.filter((word) => /^(nointremap$|intremap=)/.test(word)).at(-1) ?? '';
  return /^(nointremap$|intremap=(.*,)?off(,|$))/.test(last);
}
