import { isUnknown } from '../../../../base/known.ts';
import { iommuAdvice, isUnderXen } from '../../../../pci/group/iommu-state.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const iommuFirmware: HostRule = {
  id: 'iommu-firmware',
  title: 'the firmware describes an IOMMU',
  grade: 'warn',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'ACPI has an IOMMU table: `DMAR` (Intel), `IVRS` (AMD), `VIOT` (virtio), `IORT` (Arm) or `RIMT` (RISC-V) in `/sys/firmware/acpi/tables`. The table exists if the board has an IOMMU and the firmware setup enables it.',
  virtHostValidate: 'device assignment IOMMU support',
  whyOther: 'it derives the required table from the features of the processor',
  evaluate: ({ facts: { iommu } }) => {
    const { firmwareTables, units } = iommu;
    if (isUnknown(firmwareTables)) return unknownVerdict('firmware tables', firmwareTables);
    if (firmwareTables === null) {
      return units.length > 0
        ? holds('the kernel found it without ACPI')
        : doesNotApply('the host has no ACPI');
    }
    if (isUnderXen(iommu)) return doesNotApply('Xen uses the IOMMU and hides its table');
    if (firmwareTables.length > 0) return holds(`the firmware has the table ${firmwareTables.join(', ')}`);
    return violated('the firmware describes no IOMMU: the board has none, or it is disabled', {
      evidence: ['/sys/firmware/acpi/tables: no DMAR, IVRS, VIOT, RIMT, or IORT with an SMMU'],
      remedy: iommuAdvice(iommu),
    });
  },
};
