import { isUnknown, type Known, knownValue } from '../../../../base/known.ts';
import type { IommuUnit } from '../../../../facts/host-facts.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const iommuAddressWidth: HostRule = {
  id: 'iommu-address-width',
  title: 'the IOMMU covers all addresses of the processor',
  grade: 'warn',
  purposes: ['passthrough', 'gpu'],
  meaning:
    'A guest places its memory and BARs within the address width of the processor (`address sizes` in `/proc/cpuinfo`). If the IOMMU has a smaller width (`cap` of Intel units), higher addresses cannot be mapped, and the VM does not start, or one of its devices does not work.',
  evaluate: ({ facts: { iommuUnits, cpu } }) => {
    if (iommuUnits.length === 0) return doesNotApply('no IOMMU unit is in use');
    const unknown = [cpu.physicalBits, ...iommuUnits.map(bitsOf)].find(isUnknown);
    if (unknown !== undefined) return unknownVerdict('address widths', unknown);
    const needed = knownValue(cpu.physicalBits);
    const told = iommuUnits.flatMap(({ name, addressBits }) => {
      const bits = knownValue(addressBits);
      return bits === undefined ? [] : [{ name, bits }];
    });
    if (needed === undefined || told.length === 0)
      return doesNotApply('this kind of IOMMU does not report it');
    const short = told.filter(({ bits }) => bits < needed);
    if (short.length === 0) return holds(`the IOMMU has ${told[0]?.bits} bits, the processor ${needed}`);
    return violated(`the IOMMU covers ${short[0]?.bits} address bits, and the processor has ${needed}`, {
      evidence: short.map(({ name, bits }) => `${name}: ${bits} bits`),
      remedy: `limit the address width of the guest: <maxphysaddr mode='emulate' bits='${short[0]?.bits}'/> in <cpu> of the definition (libvirt 8.7 and newer)`,
    });
  },
};

function bitsOf({ addressBits }: IommuUnit): Known<number> {
  return addressBits;
}
