import { BROKEN, type Known, mapKnown } from '../base/known.ts';
import { type HostReader, isFailure, knownOf, type Reading } from '../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../pci/address.ts';
import type { GroupAttributes, ReservedRegion } from '../pci/iommu-group.ts';
import { groupPath } from './paths.ts';

/**
 * Reads what the kernel says of a group: `/sys/kernel/iommu_groups/N/type` (`DMA-FQ`; root alone may read
 * it on some kernels) and `reserved_regions` (a line a region:
 * `0x00000000fee00000 0x00000000feefffff msi`). Both are `null` where the group itself is not there.
 */
export function readGroupAttributes(host: HostReader, group: number): GroupAttributes {
  const path = groupPath(group);
  return {
    type: known(host.readText(`${path}/type`), (text) => (/^[\w-]{1,32}$/.test(text) ? text : undefined)),
    reservedRegions: known(host.readText(`${path}/reserved_regions`), parseReservedRegions),
  };
}

/** The functions of a group: the links in `/sys/kernel/iommu_groups/N/devices`, by their names; none where they can't be read. */
export function readGroupMembers(host: HostReader, group: number): readonly PciAddress[] {
  const names = host.list(`${groupPath(group)}/devices`);
  return isFailure(names) ? [] : (names ?? []).filter(isPciAddress);
}

function known<T>(reading: Reading<string>, parse: (text: string) => T | undefined): Known<T> {
  return mapKnown(knownOf(reading), (text) => parse(text.trim()) ?? BROKEN);
}

function parseReservedRegions(text: string): readonly ReservedRegion[] | undefined {
  const regions: ReservedRegion[] = [];
  for (const line of text === '' ? [] : text.split('\n')) {
    const match = /^(0x[0-9a-f]{1,16}) (0x[0-9a-f]{1,16}) ([\w-]{1,32})$/.exec(line);
    if (match === null) return undefined;
    regions.push({ start: shortHex(match[1]), end: shortHex(match[2]), kind: match[3] as string });
  }
  return regions;
}

function shortHex(text = ''): string {
  return `0x${BigInt(text).toString(16)}`;
}
