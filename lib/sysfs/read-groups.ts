import { BROKEN, type Known, mapKnown } from '../base/known.ts';
import { type HostReader, isFailure, knownOf, type Reading } from '../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../pci/address.ts';
import type { GroupAttributes, ReservedRegion } from '../pci/group/iommu-group.ts';
import { groupPath, NO_IOMMU_NODE } from './paths.ts';

/**
 * Reads the attributes of a group: `/sys/kernel/iommu_groups/N/type` (`DMA-FQ`; only root may read it on some
 * kernels), `reserved_regions` (one line for each region: `0x00000000fee00000 0x00000000feefffff msi`), and `name`,
 * which few groups have. All are `null` if the group does not exist. A copy may lack `name`; the VFIO node of a group
 * without an IOMMU has the same meaning.
 */
export function readGroupAttributes(host: HostReader, group: number): GroupAttributes {
  const path = groupPath(group);
  const name = known(host.readText(`${path}/name`), (text) => text);
  return {
    name: name === null && host.exists(`${NO_IOMMU_NODE}${group}`) ? 'vfio-noiommu' : name,
    type: known(host.readText(`${path}/type`), (text) => (/^[\w-]{1,32}$/.test(text) ? text : undefined)),
    reservedRegions: known(host.readText(`${path}/reserved_regions`), parseReservedRegions),
  };
}

/**
 * The functions of a group: the links in `/sys/kernel/iommu_groups/N/devices`, by their names; none if they cannot be
 * read.
 */
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
