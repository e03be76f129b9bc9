import { describe, expect, it } from 'vitest';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { lastSeenAs } from '../../../lib/pci/persisted/last-seen.ts';
import {
  type EarlierDriver,
  parseEarlierDrivers,
  serializeEarlierDrivers,
} from '../../../lib/plan/binding/earlier-drivers.ts';

const MARKS = { drive: 'S1', model: 'M', wwn: null, guid: null, mac: null };
const ENTRY: EarlierDriver = { id: '144d:a808', driver: 'nvme', override: null };
const SEEN: EarlierDriver = { ...ENTRY, seen: lastSeenAs('a-boot', null, MARKS) };

/** So many devices, each on a bus of its own. */
const many = (count: number): ReadonlyMap<PciAddress, EarlierDriver> =>
  new Map(
    Array.from({ length: count }, (_, index) => {
      const domain = index.toString(16).padStart(4, '0');
      return [`${domain}:00:00.0` as PciAddress, SEEN] as const;
    }),
  );

describe('the record of earlier drivers', () => {
  it('is read as it was written', () => {
    const earlier = many(2);
    expect(parseEarlierDrivers(serializeEarlierDrivers(earlier))).toEqual(earlier);
    expect(serializeEarlierDrivers(new Map())).toBeNull();
    // As earlier versions write it.
    const [address = '' as PciAddress] = earlier.keys();
    const older = new Map([[address, ENTRY]]);
    expect(parseEarlierDrivers(serializeEarlierDrivers(older))).toEqual(older);
  });

  it('does without what was seen of devices where that would be too long to be read again', () => {
    const text = serializeEarlierDrivers(many(700)) ?? '';
    expect(Buffer.byteLength(text)).toBeLessThan(64 * 1024);
    expect([...parseEarlierDrivers(text).values()]).toEqual(Array.from({ length: 700 }, () => ENTRY));
    expect(parseEarlierDrivers(serializeEarlierDrivers(many(400)))).toEqual(many(400));
  });
});
