import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SnapshotHost } from '../../../lib/host/snapshot-host.ts';
import { parseSnapshot } from '../../../lib/host/snapshot-parser.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import { findPersisted } from '../../../lib/pci/find-persisted.ts';
import { NO_NAMES } from '../../../lib/pci/pci-ids.ts';
import {
  PERSISTED_FIELDS,
  type PersistedBinding,
  parseBindings,
  persistedBindingOf,
  serializeBindings,
} from '../../../lib/plan/persisted-bindings.ts';
import { withoutPersisted, withPersisted } from '../../../lib/plan/persisted-changes.ts';
import { readInventory } from '../../../lib/sysfs/read-inventory.ts';

const text = readFileSync(join(import.meta.dirname, '../../../fixtures/lab-intel.snapshot'), 'utf8');
const { devices } = readInventory(new SnapshotHost(parseSnapshot(text, 'lab-intel')), NO_NAMES, [
  ...PERSISTED_FIELDS,
]);
const [pair, second, twin, driverless] = ['03:00.0', '03:00.1', '06:00.0', '07:00.0'].map(deviceAt) as [
  PciDevice,
  PciDevice,
  PciDevice,
  PciDevice,
];

function deviceAt(short: string): PciDevice {
  const found = devices.find(({ address }) => address === `0000:${short}`);
  if (found === undefined) throw new Error(`nothing is at ${short}`);
  return found;
}

const { devices: withVfs } = readInventory(
  new SnapshotHost(
    parseSnapshot(
      readFileSync(join(import.meta.dirname, '../../../fixtures/lab-intel-vfio.snapshot'), 'utf8'),
      'lab',
    ),
  ),
  NO_NAMES,
  PERSISTED_FIELDS,
);
const vf = withVfs.find(({ address }) => address === '0000:01:10.2') as PciDevice;

/** A drive that no capability tells from its twin. */
function driveAt(short: string, serial: string): PciDevice {
  const drive = { kind: 'nvme', name: 'nvme9', mac: null, state: null, serial, sizeBytes: null } as const;
  return { ...deviceAt(short), config: null, attachments: [drive] };
}
const nvme = driveAt('02:00.0', 'NVME-A');
const otherNvme = { ...driveAt('02:00.0', 'NVME-B'), ...pick(twin) };

function pick({ address, location }: PciDevice): Pick<PciDevice, 'address' | 'location'> {
  return { address, location };
}

const bindingOf = (device: PciDevice): PersistedBinding =>
  persistedBindingOf(device, 'vfio-pci', null, devices);

/** As it is on another driver: no interface, and so no MAC. */
const offHost = (device: PciDevice): PciDevice => ({ ...device, driver: 'vfio-pci', attachments: [] });

/** A device in the place of another. */
function movedTo(device: PciDevice, place: PciDevice): PciDevice {
  return { ...device, address: place.address, location: place.location };
}

describe('the record of what is bound at each boot', () => {
  it('is read as it was written, in the order of addresses', () => {
    const bindings = [driverless, pair].map(bindingOf);
    expect(parseBindings(serializeBindings(bindings))).toEqual([...bindings].reverse());
    expect(serializeBindings([])).toBeNull();
    expect(parseBindings(null)).toEqual([]);
  });

  it('holds what a device is known by', () => {
    expect(bindingOf(pair)).toEqual({
      address: '0000:03:00.0',
      driver: 'vfio-pci',
      path: 'pci0000:00/06.0/00.0',
      id: '8086:10d3',
      subsystem: '8086:0000',
      deviceSerial: { offset: 0x140, value: expect.stringMatching(/^([0-9a-f]{2}-){7}[0-9a-f]{2}$/) },
      productSerial: null,
      mac: expect.stringMatching(/^02:/),
      only: false,
      class: '020000',
    });
    expect(bindingOf(driverless)).toMatchObject({ deviceSerial: null, mac: null, only: true });
    expect(bindingOf(nvme)).toMatchObject({ drive: 'NVME-A', class: '010802' });
    expect(persistedBindingOf(vf, 'vfio-pci', null, withVfs)).toMatchObject({
      vf: { pf: { path: 'pci0000:00/04.0/00.0', mac: expect.stringMatching(/^02:/), only: true }, index: 1 },
    });
  });

  it('keeps no mark that two of a kind have, since it tells neither', () => {
    const clone = { ...twin, config: pair.config, attachments: pair.attachments };
    const now = devices.map((each) => (each === twin ? clone : each));
    expect(persistedBindingOf(pair, 'vfio-pci', null, now)).toMatchObject({ deviceSerial: null, mac: null });
    // The functions of a card share its serial number, and have numbers of their own.
    const card = devices.map((each) => (each === second ? { ...second, config: pair.config } : each));
    expect(persistedBindingOf(pair, 'vfio-pci', null, card).deviceSerial).not.toBeNull();
  });

  it('takes one that can not be told from others for one of several', () => {
    const unread = {
      ...driverless,
      address: '0000:77:00.0' as PciAddress,
      vendor: { unknown: 'denied' } as const,
    };
    expect(persistedBindingOf(driverless, 'vfio-pci', null, [...devices, unread]).only).toBe(false);
  });

  it('is not taken where a part is not of its form: parts of it become parts of programs', () => {
    const good = bindingOf(pair);
    const spoilt: readonly object[] = [
      { ...good, path: 'pci0000:00/06.0/$(reboot)' },
      { ...good, path: '../06.0' },
      { ...good, driver: 'vfio-pci; reboot' },
      { ...good, driver: 'e1000e' },
      { ...good, id: '8086:10d3 *' },
      { ...good, subsystem: '*' },
      { ...good, deviceSerial: { offset: 0x140, value: "'" } },
      { ...good, deviceSerial: { offset: -1, value: good.deviceSerial?.value } },
      { ...good, address: 'eth0' },
      { ...good, mac: 7 },
      { ...good, drive: 7 },
      { ...good, only: 'yes' },
      { ...good, class: "'" },
      { ...good, bootDisplay: 1 },
      { ...good, vf: null },
      { ...good, vf: { index: -1, pf: good } },
      { ...good, vf: { index: 0, pf: { ...good, path: '$(reboot)' } } },
    ];
    const parse = (devices: unknown, schema = 'portal-gun/bindings/v1') =>
      parseBindings(JSON.stringify({ schema, devices }));
    const { only: _, class: __, ...earlier } = good;
    for (const each of [good, earlier]) expect(parse([each])).toEqual([each]);
    for (const each of spoilt) expect(() => parse([each]), JSON.stringify(each)).toThrow(/makes no sense/);
    expect(() => parse([], 'portal-gun/bindings/v2')).toThrow('it is none of portal-gun/bindings/v1');
    for (const each of ['', '[', 'null', '7']) expect(() => parseBindings(each)).toThrow('no JSON object');
  });

  it('takes no device that could not be found again, and no more than can be read', () => {
    expect(() => bindingOf({ ...pair, location: null })).toThrow(
      expect.objectContaining({ code: 'CANNOT_PERSIST', subject: pair.address }),
    );
    const many = Array.from({ length: 500 }, () => bindingOf(pair));
    expect(() => serializeBindings(many)).toThrow(expect.objectContaining({ code: 'CANNOT_PERSIST' }));
  });
});

describe('the device of a persisted binding', () => {
  const whereabouts = (binding: PersistedBinding, now: readonly PciDevice[]) => {
    const { kind, device } = findPersisted(binding, now);
    return device === null ? kind : `${kind} ${device.address}`;
  };

  it('is found at its place, on whatever driver, and under another address', () => {
    for (const device of [pair, second, twin, driverless]) {
      const now = devices.map((each) => (each === device ? offHost(each) : each));
      expect(whereabouts(bindingOf(device), now)).toBe(`here ${device.address}`);
      const renumbered = { ...device, address: `0000:5${device.address.slice(6)}` as PciAddress };
      expect(whereabouts(bindingOf(device), [renumbered])).toBe(`here ${renumbered.address}`);
    }
  });

  it('is no twin at its place: with its serial number it is found elsewhere', () => {
    const swapped = [movedTo(twin, pair), movedTo(pair, twin)];
    expect(whereabouts(bindingOf(pair), swapped)).toBe(`moved ${twin.address}`);
    expect(whereabouts(bindingOf(pair), swapped.map(offHost))).toBe(`moved ${twin.address}`);
    expect(whereabouts(bindingOf(pair), [movedTo(twin, pair)])).toBe(`replaced ${pair.address}`);
    expect(whereabouts(bindingOf(pair), [twin, driverless])).toBe('missing');
  });

  it('is not the other function of its card, and not one of two that say the same', () => {
    const sameNumber = { ...second, config: pair.config, attachments: [] };
    expect(whereabouts(bindingOf(pair), [sameNumber])).toBe('missing');
    const both = [twin, driverless].map((place) => movedTo(pair, place));
    expect(whereabouts(bindingOf(pair), both)).toBe('ambiguous');
  });

  it('is found by its MAC where it has no serial number', () => {
    const plain = { ...pair, config: null };
    expect(whereabouts(bindingOf(plain), [movedTo(plain, twin)])).toBe(`moved ${twin.address}`);
    // Nothing of it is to be seen off the host's driver: then it is what is at its place.
    expect(whereabouts(bindingOf(plain), [movedTo(offHost(plain), twin)])).toBe('missing');
    expect(whereabouts(bindingOf(plain), [offHost(plain)])).toBe(`here ${pair.address}`);
  });

  describe('of a kind of which there are several', () => {
    const kept = persistedBindingOf(nvme, 'vfio-pci', null, [nvme, otherNvme]);
    const swapped = [movedTo(otherNvme, nvme), movedTo(nvme, otherNvme)];

    it('is found by the serial number of its drive, wherever it is', () => {
      expect(whereabouts(kept, [nvme, otherNvme])).toBe(`here ${nvme.address}`);
      expect(whereabouts(kept, swapped)).toBe(`moved ${otherNvme.address}`);
      expect(findPersisted(kept, swapped)).toMatchObject({ instead: { address: nvme.address } });
      expect(whereabouts(kept, [movedTo(otherNvme, nvme)])).toBe(`replaced ${nvme.address}`);
    });

    it('is not known where that can not be seen, unless the others are known to be none of it', () => {
      const [here, there] = [nvme, otherNvme].map((each) => ({ ...each, attachments: [] }));
      expect(whereabouts(kept, [here, there] as PciDevice[])).toBe(`unknown ${nvme.address}`);
      expect(whereabouts(kept, [here as PciDevice, otherNvme])).toBe(`here ${nvme.address}`);
      // Who bound it knew which it was.
      const bound = { ...(here as PciDevice), driver: 'vfio-pci' };
      expect(whereabouts(kept, [bound, there as PciDevice])).toBe(`here ${nvme.address}`);
    });

    it('is one of several where it was the only one, and has nothing else to be known by', () => {
      const twinless = persistedBindingOf(driverless, 'vfio-pci', null, [driverless]);
      const another = { ...movedTo(driverless, twin), address: '0000:66:00.0' as PciAddress };
      expect(whereabouts(twinless, [driverless])).toBe(`here ${driverless.address}`);
      expect(whereabouts(twinless, [driverless, another])).toBe('ambiguous');
      // Of two that were there from the start, the place tells.
      const twins = persistedBindingOf(driverless, 'vfio-pci', null, [driverless, another]);
      expect(whereabouts(twins, [driverless, another])).toBe(`here ${driverless.address}`);
    });

    it('is the one of two with its serial number that has its MAC', () => {
      const clone = { ...movedTo(twin, driverless), config: pair.config };
      expect(whereabouts(bindingOf(pair), [pair, clone])).toBe(`here ${pair.address}`);
      expect(whereabouts(bindingOf(pair), [offHost(pair), offHost(clone)])).toBe('ambiguous');
    });
  });

  it('is found, a virtual function, by its PF and its number', () => {
    const kept = persistedBindingOf(vf, 'vfio-pci', null, withVfs);
    expect(whereabouts(kept, withVfs)).toBe(`here ${vf.address}`);
    const pf = withVfs.find(({ address }) => address === '0000:01:00.0') as PciDevice;
    const others = withVfs.filter((each) => ![pf.address, vf.address, twin.address].includes(each.address));
    const movedPf = movedTo(pf, twin);
    const movedVf: PciDevice = {
      ...vf,
      address: '0000:06:10.2' as PciAddress,
      location: twin.location,
      sriov: { role: 'vf', physicalFunction: movedPf.address, index: 1 },
    };
    expect(whereabouts(kept, [...others, movedPf, movedVf])).toBe(`moved ${movedVf.address}`);
    // Another card is where its PF was.
    const otherPf = { ...pf, config: twin.config, attachments: twin.attachments };
    expect(whereabouts(kept, [...others, otherPf, vf])).toBe(`replaced ${vf.address}`);
    expect(whereabouts(kept, [...others, pf])).toBe('missing');
    expect(whereabouts(kept, [...others, vf])).toBe(`unknown ${vf.address}`);
  });

  it('is not known where its serial number can’t be read', () => {
    const denied = { ...pair, config: { unknown: 'denied' } as const };
    expect(whereabouts(bindingOf(pair), [denied])).toBe(`unknown ${pair.address}`);
  });
});

describe('what is bound at each boot', () => {
  it('grows and shrinks by devices, and keeps what is not to be seen any more', () => {
    const one = withPersisted([{ device: pair, driver: 'vfio-pci' }], [], devices);
    const now = devices.map((each) => (each === pair ? offHost(each) : each));
    const bound = now.find(({ address }) => address === pair.address) as PciDevice;
    expect(withPersisted([{ device: bound, driver: 'vfio-pci' }], one, now)).toEqual(one);
    const two = withPersisted([{ device: twin, driver: 'vfio-pci' }], one, now);
    expect(two.map(({ address }) => address)).toEqual([pair.address, twin.address]);
    expect(withoutPersisted([bound], two, now).map(({ address }) => address)).toEqual([twin.address]);
    expect(withoutPersisted([driverless], two, now)).toEqual(two);
  });

  it('follows a device that moved, and what was at its place gives way', () => {
    const kept = withPersisted(
      [pair, twin].map((device) => ({ device, driver: 'vfio-pci' })),
      [],
      devices,
    );
    const moved = movedTo(pair, twin);
    const after = withPersisted([{ device: moved, driver: 'vfio-pci' }], kept, [moved]);
    expect(after).toEqual([persistedBindingOf(moved, 'vfio-pci', null, [moved])]);
  });
});
