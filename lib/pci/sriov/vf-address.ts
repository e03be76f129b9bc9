import { type PciAddress, parsePciAddress } from '../address.ts';

/**
 * The addresses of the VFs of a PF, by its SR-IOV capability: routing ids, from the PF to VF 0, and from one VF to
 * the next.
 */
export interface VfRouting {
  readonly offset: number;
  readonly stride: number;
}

/**
 * The address of a VF, whether it exists or not. Its routing id is that of its PF, plus the offset, plus its index
 * times the stride; it may be on a later bus than its PF. `null` if it is beyond the last bus.
 */
export function vfAddress(pf: PciAddress, { offset, stride }: VfRouting, index: number): PciAddress | null {
  const [domain = '', bus = '', slot = '', fn = ''] = pf.split(/[:.]/);
  const own = (Number.parseInt(bus, 16) << 8) | (Number.parseInt(slot, 16) << 3) | Number(fn);
  const id = own + offset + index * stride;
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  return parsePciAddress(`${domain}:${hex(id >> 8)}:${hex((id >> 3) & 0x1f)}.${id & 7}`) ?? null;
}
