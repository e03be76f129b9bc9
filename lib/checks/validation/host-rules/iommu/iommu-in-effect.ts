import { isUnknown, knownValue } from '../../../../base/known.ts';
import { count } from '../../../../base/text.ts';
import { isWithoutIommu } from '../../../../pci/group/iommu-group.ts';
import { iommuAdvice, isUnderXen, switchedOffBy, switchedOnBy } from '../../../../pci/group/iommu-state.ts';
import { fixRemedy, withoutArgumentRemedy } from '../../remedies.ts';
import type { ValidatedHost } from '../../validated-host.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, type Violation, violated } from '../../verdict.ts';

const FIX = { kind: 'kernel-argument', argument: 'intel_iommu=on' } as const;

export const iommuInEffect: HostRule = {
  id: 'iommu-in-effect',
  title: 'the kernel uses an IOMMU',
  grade: 'fail',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'There are IOMMU groups (`/sys/kernel/iommu_groups`) with devices in them. The kernel command line proves nothing. It is used only to find the fix.',
  virtHostValidate: 'IOMMU is enabled by kernel',
  evaluate: (host) => {
    const { iommu, iommuGroups } = host.facts;
    const covered = host.plainGroups + host.groups.filter((group) => isWithoutIommu(group) !== true).length;
    if (covered > 0) {
      return holds(`${count(covered, 'IOMMU group')}`, ...iommu.units.map((unit) => `unit ${unit}`));
    }
    const unread = host.devices?.map((device) => device.iommuGroup).find(isUnknown);
    if (unread !== undefined) return unknownVerdict('the IOMMU groups of devices', unread);
    if (isUnknown(iommuGroups)) return unknownVerdict('IOMMU groups', iommuGroups);
    const tables = knownValue(iommu.firmwareTables);
    const words = knownValue(iommu.kernelArguments);
    return violated(messageOf(host), {
      evidence: [
        ...(tables === undefined ? [] : [tablesText(tables)]),
        iommu.units.length > 0
          ? `the kernel drives ${iommu.units.join(', ')}`
          : 'the kernel drives no IOMMU unit',
        ...(words === undefined ? [] : [`related kernel arguments: ${words.join(' ') || 'none'}`]),
      ],
      ...wayOut(host, tables ?? []),
    });
  },
};

function messageOf({ facts: { iommu }, groups }: ValidatedHost): string {
  if (isUnderXen(iommu)) return 'the kernel runs under Xen, which uses the IOMMU: no device is in a group';
  return groups.length > 0
    ? 'the kernel runs without an IOMMU: VFIO created the groups itself (enable_unsafe_noiommu_mode)'
    : 'the kernel runs without an IOMMU: no device is in a group';
}

function tablesText(tables: readonly string[]): string {
  return tables.length > 0
    ? `the firmware has one (${tables.join(', ')} table)`
    : 'no firmware table describes an IOMMU';
}

function wayOut({ facts }: ValidatedHost, tables: readonly string[]): Pick<Violation, 'remedy' | 'fix'> {
  if (isUnderXen(facts.iommu)) return { remedy: iommuAdvice(facts.iommu) };
  const off = switchedOffBy(facts.iommu);
  const isAbleKernel = knownValue(facts.kernel.options)?.has('INTEL_IOMMU') !== false;
  // Of words about Intel's IOMMU the last counts; other words cannot be revoked.
  const canBeTold =
    off === undefined ? switchedOnBy(facts.iommu) === undefined : off.startsWith('intel_iommu=');
  const fix = tables.includes('DMAR') && isAbleKernel && canBeTold ? { fix: FIX } : {};
  if (off !== undefined) return { remedy: withoutArgumentRemedy(off, facts), ...fix };
  if (tables.includes('DMAR') && !isAbleKernel) return { remedy: 'run a kernel with CONFIG_INTEL_IOMMU' };
  return { remedy: 'fix' in fix ? fixRemedy(FIX, facts) : iommuAdvice(facts.iommu), ...fix };
}
