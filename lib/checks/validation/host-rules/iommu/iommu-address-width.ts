import { isUnknown, type Known, knownValue } from '../../../../base/known.ts';
import type { IommuUnit } from '../../../../facts/host-facts.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** The IOMMU reaches all that the processor does. */
export const iommuAddressWidth: HostRule = {
  id: 'iommu-address-width',
  title: 'the IOMMU reaches all addresses of the processor',
  grade: 'warn',
  purposes: ['passthrough', 'gpu'],
  meaning:
    "A guest lays out its memory and the BARs of its devices by the width of the processor's addresses (`address sizes` in `/proc/cpuinfo`). Where the IOMMU's are shorter (`cap` of Intel's units), what lies beyond can't be mapped, and the machine does not start, or a device of it does not work.",
  evaluate: ({ facts: { iommuUnits, cpu } }) => {
    if (iommuUnits.length === 0) return doesNotApply('no unit of an IOMMU is at work');
    const unknown = [cpu.physicalBits, ...iommuUnits.map(bitsOf)].find(isUnknown);
    if (unknown !== undefined) return unknownVerdict('how wide addresses are', unknown);
    const needed = knownValue(cpu.physicalBits);
    const told = iommuUnits.flatMap(({ name, addressBits }) => {
      const bits = knownValue(addressBits);
      return bits === undefined ? [] : [{ name, bits }];
    });
    if (needed === undefined || told.length === 0) return doesNotApply('an IOMMU of this kind does not tell');
    const short = told.filter(({ bits }) => bits < needed);
    if (short.length === 0) return holds(`the IOMMU has ${told[0]?.bits} bits, the processor ${needed}`);
    return violated(`the IOMMU reaches ${short[0]?.bits} bits of address, and the processor ${needed}`, {
      evidence: short.map(({ name, bits }) => `${name}: ${bits} bits`),
      remedy: `have the guest see no more: <maxphysaddr mode='emulate' bits='${short[0]?.bits}'/> in <cpu> of the definition (libvirt 8.7 and later)`,
    });
  },
};

function bitsOf({ addressBits }: IommuUnit): Known<number> {
  return addressBits;
}
