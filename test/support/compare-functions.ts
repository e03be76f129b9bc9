import { expect } from 'vitest';
import { knownValue } from '../../lib/base/known.ts';
import type { PciDevice } from '../../lib/pci/device.ts';
import type { LspciRegion } from './lspci.ts';
import type { RawFunction } from './raw-sysfs.ts';

/** Counts each kind of comparison, so that a comparison of nothing fails. */
export class Tally {
  readonly #counts = new Map<string, number>();

  same(what: string, address: string, ours: unknown, theirs: unknown): void {
    this.#counts.set(what, this.of(what) + 1);
    expect(ours, `${address} ${what}`).toEqual(theirs);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }
}

const hex = (digits: string | undefined): string | undefined =>
  digits === undefined ? undefined : `0x${digits}`;

const rangesOf = (device: PciDevice): readonly (readonly [number, number])[] => {
  const rom = knownValue(device.rom);
  const bars = (knownValue(device.bars) ?? []).map(({ index, sizeBytes }) => [index, sizeBytes] as const);
  return rom === undefined ? bars : [...bars, [6, rom.sizeBytes]];
};

export function compareRaw(tally: Tally, device: PciDevice, raw: RawFunction): void {
  const { address } = device;
  tally.same('vendor', address, hex(knownValue(device.vendor)?.id), raw.vendor);
  tally.same('device', address, hex(knownValue(device.device)?.id), raw.device);
  tally.same('class', address, hex(knownValue(device.class)?.code), raw.class);
  const subsystem = knownValue(device.subsystem);
  if (raw.subsystemVendor !== undefined) {
    tally.same('subsystem', address, hex(subsystem?.vendorId), raw.subsystemVendor);
    tally.same('subsystem device', address, hex(subsystem?.deviceId), raw.subsystemDevice);
  }
  if (raw.numaNode !== undefined) {
    tally.same('NUMA node', address, String(knownValue(device.numaNode) ?? -1), raw.numaNode);
  }
  if (raw.driver !== undefined) tally.same('driver', address, device.driver, raw.driver);
  if (raw.iommuGroup === undefined) expect(device.iommuGroup).toBeNull();
  else tally.same('group', address, device.iommuGroup, Number(raw.iommuGroup));
  if (raw.ranges === undefined) expect([device.bars, device.rom]).toEqual([null, null]);
  else tally.same('resources', address, rangesOf(device), raw.ranges);
}

export function compareSriov(
  tally: Tally,
  device: PciDevice,
  functions: ReadonlyMap<string, RawFunction>,
): void {
  const raw = functions.get(device.address);
  const role = knownValue(device.sriov);
  if (raw?.physfn !== undefined) {
    const index = functions.get(raw.physfn)?.virtfns.indexOf(device.address);
    tally.same('VF', device.address, role, { role: 'vf', physicalFunction: raw.physfn, index });
  } else if (role?.role === 'pf') {
    tally.same('PF', device.address, role.virtualFunctions, raw?.virtfns);
  } else {
    expect([device.sriov, raw?.virtfns]).toEqual([null, []]);
  }
}

export function compareRecord(tally: Tally, device: PciDevice, fields: ReadonlyMap<string, string>): void {
  const { address } = device;
  const same = (key: string, ours: unknown): void => {
    if (fields.has(key)) tally.same(key, address, ours, fields.get(key));
  };
  const code = knownValue(device.class)?.code;
  same('Class', code?.slice(0, 4));
  same('ProgIf', code?.slice(4));
  same('Vendor', knownValue(device.vendor)?.id);
  same('Device', knownValue(device.device)?.id);
  same('SVendor', knownValue(device.subsystem)?.vendorId);
  same('SDevice', knownValue(device.subsystem)?.deviceId);
  // lspci shows ff if it cannot read the register.
  if (fields.get('Rev') === 'ff') expect(device.revision).toBeNull();
  else same('Rev', device.revision);
  same('Driver', device.driver);
  same('NUMANode', String(device.numaNode));
  same('IOMMUGroup', String(device.iommuGroup));
  if (!fields.has('Rev')) expect(['00', null]).toContain(device.revision);
  if (!fields.has('NUMANode')) expect(device.numaNode).toBeNull();
}

/** The ranges in the terms of lspci, which ignores a range of one byte. */
export function regionsOf(device: PciDevice): readonly LspciRegion[] {
  const rom = knownValue(device.rom);
  const bars = (knownValue(device.bars) ?? [])
    .filter(({ sizeBytes }) => sizeBytes > 1)
    .map(({ index, kind, width, prefetchable, sizeBytes }) => ({
      name: `BAR ${index}`,
      kind: kind === 'io' ? 'io' : `memory ${width}${prefetchable ? ' prefetchable' : ''}`,
      sizeBytes,
    }));
  return rom === undefined ? bars : [...bars, { name: 'ROM', kind: '', sizeBytes: rom.sizeBytes }];
}
