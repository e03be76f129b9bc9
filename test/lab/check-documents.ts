import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { PciDevice } from '../../lib/pci/device.ts';
import { compareRecord, regionsOf, Tally } from '../support/compare-functions.ts';
import { compareNodeDevice } from '../support/compare-live-functions.ts';
import type { NodeDevice } from '../support/nodedev.ts';
import type { RawFunction } from '../support/raw-sysfs.ts';
import type { GroupsDocument, InventoryDocuments, TreeNode } from './inventory-documents.ts';
import type { SecondOpinion } from './second-opinion.ts';

const rawOf = (truth: SecondOpinion, address: string) => truth.functions.get(address) as RawFunction;

/** Network interfaces and disks of listed functions. */
export function checkThings(devices: readonly PciDevice[], truth: SecondOpinion): void {
  for (const { address, netInterfaces, blockDevices } of devices) {
    expect([address, netInterfaces, blockDevices]).toEqual([
      address,
      truth.netInterfaces.get(address) ?? [],
      truth.blockDevices.get(address) ?? [],
    ]);
  }
}

/** The groups with their members, types and reserved regions, and what has none. */
export function checkGroups({ groups, ungrouped }: GroupsDocument, truth: SecondOpinion): void {
  const addresses = [...truth.functions.keys()].sort();
  const groupOf = (address: string) => rawOf(truth, address).iommuGroup;
  const ours = groups.flatMap(({ id, devices }) =>
    devices.map(({ address }) => [address, String(id)] as const),
  );
  const theirs = addresses.filter(groupOf).map((address) => [address, groupOf(address)] as const);
  expect(new Map(ours)).toEqual(new Map(theirs));
  expect(ungrouped).toEqual(addresses.filter((address) => groupOf(address) === undefined));
  for (const { id, type, reservedRegions } of groups) {
    const text = (attribute: string) =>
      readFileSync(join(truth.tree, `sys/kernel/iommu_groups/${id}/${attribute}`), 'utf8').trim();
    expect(type).toBe(text('type'));
    expect(reservedRegions).toEqual(text('reserved_regions').split('\n').filter(Boolean).map(toRegion));
  }
}

function toRegion(line: string): object {
  const [start = '', end = '', kind] = line.split(' ');
  return { start: `0x${BigInt(start).toString(16)}`, end: `0x${BigInt(end).toString(16)}`, kind };
}

/** The tree, against the directories of the functions. */
export function checkTree({ roots }: InventoryDocuments['tree'], truth: SecondOpinion): void {
  const paths = (node: TreeNode, above: string): readonly string[] => {
    const path = `${above}/${node.address}`;
    return [path, ...node.children.flatMap((child) => paths(child, path))];
  };
  const ours = roots.flatMap(({ root, children }) =>
    children.flatMap((child) => paths(child, `/sys/devices/${root}`)),
  );
  expect(ours.toSorted()).toEqual([...truth.functions.values()].map(({ path }) => path).sort());
}

/** What lspci says of listed functions: ids, names, driver, group, NUMA node, ranges. */
export function checkLspci(devices: readonly PciDevice[], { lspci }: SecondOpinion): void {
  const tally = new Tally();
  expect(lspci.records.map(({ address }) => address)).toEqual(devices.map(({ address }) => address));
  for (const [index, device] of devices.entries()) {
    const { address } = device;
    const { fields, names } = lspci.records[index] as (typeof lspci.records)[number];
    compareRecord(tally, device, fields);
    const theirs = ['Class', 'Vendor', 'Device'].map((key) => known(names.get(key)));
    tally.same('names', address, namesOf(device), theirs);
    tally.same('regions', address, regionsOf(device), lspci.regions.get(address));
    expect(lspci.lines[index]?.startsWith(`${address} `)).toBe(true);
  }
  expect(tally.of('names')).toBe(devices.length);
}

/** lspci's words for what has no name. */
function known(name: string | undefined): string | null {
  return name === undefined || /^(Vendor|Device|Class)$/.test(name) ? null : name;
}

function namesOf(device: PciDevice): readonly unknown[] {
  return [device.class, device.vendor, device.device].map((fact) => (fact as { name: string | null }).name);
}

/** What lspci says of functions that are shown as a whole: modules, capabilities, slots. */
export function checkLspciDetails(devices: readonly PciDevice[], { lspci, slots }: SecondOpinion): void {
  for (const [index, device] of devices.entries()) {
    const { address, modules, slotLabel } = device;
    // It asks for the modules of a device, and not for those of its VFIO.
    const ordinary = (modules as readonly string[]).filter((module) => !module.startsWith('vfio'));
    expect([address, ordinary]).toEqual([address, [...(lspci.modules.get(address) ?? [])].sort()]);
    expect([address, offsetsOf(device)]).toEqual([address, lspci.capabilities.get(address)]);
    const slot = slots.get(address.slice(0, -2));
    expect([address, slotLabel]).toEqual([address, slot === undefined ? null : `slot ${slot}`]);
    expect(lspci.records[index]?.fields.get('PhySlot')).toBe(slot);
  }
}

function offsetsOf({ config }: PciDevice): readonly number[] {
  const { capabilities, extendedCapabilities } = config as unknown as Record<string, Capabilities>;
  return [...(capabilities ?? []), ...(extendedCapabilities ?? [])].map(({ offset }) => offset);
}

type Capabilities = readonly { readonly offset: number }[] | null | undefined;

/** What libvirt says of functions and their groups. */
export function checkNodeDevices(
  devices: readonly PciDevice[],
  { groups }: GroupsDocument,
  nodes: readonly NodeDevice[],
): void {
  const tally = new Tally();
  expect(nodes.map(({ address }) => address).sort()).toEqual(devices.map(({ address }) => address));
  for (const node of nodes) {
    const device = devices.find(({ address }) => address === node.address) as PciDevice;
    compareNodeDevice(tally, device, node);
    const group = groups.find(({ id }) => id === device.iommuGroup);
    const members = group?.devices.map(({ address }) => address);
    expect(members).toEqual(node.iommuGroup && [...node.iommuGroup.members].sort());
  }
  expect(tally.of("libvirt's link")).toBeGreaterThan(10);
}
