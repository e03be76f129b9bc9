import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PortalGunError } from '../../../lib/base/errors.ts';
import { withPlace } from '../../../lib/base/yaml-file.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../../lib/host/snapshot/snapshot-parser.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { Attachment, AttachmentKind } from '../../../lib/pci/attachment.ts';
import type { DeviceWith } from '../../../lib/pci/device.ts';
import { traitsOf } from '../../../lib/pci/device-traits.ts';
import { NO_NAMES } from '../../../lib/pci/pci-ids.ts';
import { findPersisted } from '../../../lib/pci/persisted/find-persisted.ts';
import { bindingStatus } from '../../../lib/plan/binding/binding-status.ts';
import { boundUntilReboot } from '../../../lib/plan/binding/bound-until-reboot.ts';
import {
  PERSISTED_FIELDS,
  type PersistedBinding,
  type PersistedField,
  parseBindings,
  persistedBindingOf,
  serializeBindings,
} from '../../../lib/plan/binding/persisted-bindings.ts';
import { withoutPersisted, withPersisted } from '../../../lib/plan/persistence/persisted-changes.ts';
import { recordChanges } from '../../../lib/plan/persistence/record-changes.ts';
import { readInventory } from '../../../lib/sysfs/device/read-inventory.ts';
import { errorOf } from '../../support/error-of.ts';

type Device = DeviceWith<PersistedField>;

const text = readFileSync(join(import.meta.dirname, '../../../fixtures/lab-intel.snapshot'), 'utf8');
const { devices } = readInventory(new SnapshotHost(parseSnapshot(text, 'lab-intel')), NO_NAMES, [
  ...PERSISTED_FIELDS,
]);
const [pair, second, twin, driverless] = ['03:00.0', '03:00.1', '06:00.0', '07:00.0'].map(deviceAt) as [
  Device,
  Device,
  Device,
  Device,
];

function deviceAt(short: string): Device {
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
const vf = withVfs.find(({ address }) => address === '0000:01:10.2') as Device;

/** A drive that no capability tells from its twin. */
function driveAt(short: string, serial: string): Device {
  const drive = { kind: 'nvme', name: 'nvme9', mac: null, state: null, serial, sizeBytes: null } as const;
  return { ...deviceAt(short), config: null, attachments: [drive] };
}
const nvme = driveAt('02:00.0', 'NVME-A');
const otherNvme = { ...driveAt('02:00.0', 'NVME-B'), ...pick(twin) };

function pick({ address, location }: Device): Pick<Device, 'address' | 'location'> {
  return { address, location };
}

const bindingOf = (device: Device): PersistedBinding => persistedBindingOf(device, 'vfio-pci', null, devices);

/** As it is on another driver: no interface, and so no MAC. */
const offHost = (device: Device): Device => ({ ...device, driver: 'vfio-pci', attachments: [] });

/** A device in the place of another. */
function movedTo(device: Device, place: Device): Device {
  return { ...device, address: place.address, location: place.location };
}

describe('the record of bindings for each boot', () => {
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
      { ...good, model: 7 },
      { ...good, wwn: null },
      { ...good, guid: [] },
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
    for (const each of spoilt) expect(() => parse([each]), JSON.stringify(each)).toThrow(/is invalid/);
    // Which part it is, and what later versions add is kept.
    const inside = { ...good, vf: { index: 0, pf: { ...good, path: 'x' } } };
    expect(() => parse([good, inside])).toThrow('entry 2 is invalid (vf.pf.path)');
    expect(() => parse([7])).toThrow(/^entry 1 is invalid$/);
    const written = serializeBindings([good, bindingOf(driverless)]) ?? '';
    const damaged = errorOf(() => parseBindings(written.replace(/^.*"mac": null.*$/m, '      "mac": 7,')));
    const line = written.split('\n').findIndex((each) => each.includes('"mac": null')) + 1;
    expect(withPlace(damaged)).toMatchObject({
      code: 'BAD_RECORD',
      subject: `/etc/portal-gun/bindings.json:${line}:14`,
      message: 'entry 2 is invalid (mac)',
    });
    expect(withPlace(new PortalGunError('BAD_RECORD', 'x', { subject: 'y' })).subject).toBe('y');
    expect(parse([{ ...good, later: 1 }])).toEqual([{ ...good, later: 1 }]);
    expect(() => parse([], 'portal-gun/bindings/v2')).toThrow('it is not one of portal-gun/bindings/v1');
    for (const each of ['', '[', 'null', '7']) expect(() => parseBindings(each)).toThrow('not a JSON object');
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
  const whereabouts = (binding: PersistedBinding, now: readonly Device[]) => {
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
    // Nothing of it is to be seen off the host's driver: then it is what is at its place, and elsewhere it is not known.
    expect(whereabouts(bindingOf(plain), [offHost(plain)])).toBe(`here ${pair.address}`);
    expect(whereabouts(bindingOf(plain), [movedTo(offHost(plain), twin)])).toBe(`unknown ${twin.address}`);
    const other = { ...movedTo(plain, driverless), attachments: twin.attachments };
    expect(whereabouts(bindingOf(plain), [other])).toBe('missing');
    expect(findPersisted(bindingOf(plain), [movedTo(other, pair), movedTo(offHost(plain), twin)])).toEqual({
      kind: 'unknown',
      device: expect.objectContaining({ address: twin.address, driver: 'vfio-pci' }),
      instead: expect.objectContaining({ address: pair.address }),
    });
  });

  it('is found on a VFIO driver by what was seen of it before', () => {
    const plain = { ...pair, config: null };
    const seen = (device: Device): Device => {
      const { mac, drive, model, wwn, guid } = traitsOf(device);
      return { ...offHost(device), lastSeen: { mac, drive, model, wwn, guid } };
    };
    const other = { ...plain, attachments: twin.attachments };
    const now = [movedTo(seen(other), pair), movedTo(seen(plain), twin)];
    expect(whereabouts(bindingOf(plain), now)).toBe(`moved ${twin.address}`);
    expect(whereabouts(bindingOf(plain), now.slice(0, 1))).toBe(`replaced ${pair.address}`);
    // By that it is written down, too.
    const [here] = [movedTo(seen(plain), twin)];
    expect(persistedBindingOf(here as Device, 'vfio-pci', null, now).mac).toBe(traitsOf(plain).mac);
  });

  describe('by each mark that only a driver of the host shows', () => {
    const named = (kind: AttachmentKind, worldWideName: string): Attachment => ({
      ...{ kind, name: 'x', mac: null, state: null, serial: null, sizeBytes: null },
      worldWideName,
    });
    const disk = (serial: string): Attachment => ({ ...named('block', ''), serial });
    const network = (mac: string): Attachment => ({ ...named('net', ''), mac });
    const nameless = { ...pair, config: null, vpd: null };

    it.each<readonly [string, readonly Attachment[], readonly Attachment[], object]>([
      [
        'a Fibre Channel or SAS port',
        [named('scsi_host', '0x1 0x2')],
        [named('scsi_host', '0x3 0x2')],
        { wwn: '0x1 0x2' },
      ],
      ['a Thunderbolt host', [named('thunderbolt', 'a-1')], [named('thunderbolt', 'a-2')], { wwn: 'a-1' }],
      [
        'a drive that its subsystem names',
        [named('nvme', 'nqn.1')],
        [named('nvme', 'nqn.2')],
        { wwn: 'nqn.1' },
      ],
      ['a GPU', [named('drm', '01')], [named('drm', '02')], { wwn: '01' }],
      ['an InfiniBand node', [named('infiniband', '1:2')], [named('infiniband', '1:3')], { guid: '1:2' }],
      ['a disk of virtio', [disk('D1')], [disk('D2')], { drive: 'D1' }],
    ])('%s', (_, mine, theirs, mark) => {
      const [device, other] = [mine, theirs].map((attachments) => ({ ...nameless, attachments })) as [
        Device,
        Device,
      ];
      const entry = persistedBindingOf(device, 'vfio-pci', null, [device, movedTo(other, twin)]);
      expect(entry).toMatchObject({ ...mark, mac: null });
      expect(parseBindings(serializeBindings([entry]))).toEqual([entry]);
      expect(whereabouts(entry, [movedTo(device, twin), other])).toBe(`moved ${twin.address}`);
      expect(whereabouts(entry, [other])).toBe(`replaced ${pair.address}`);
      // An entry of an earlier version does not have it, and is known by its place.
      const { wwn: _wwn, guid: _guid, drive: _drive, ...earlier } = entry;
      expect(whereabouts(earlier, [device])).toBe(`here ${pair.address}`);
      // Two that say the same are told by neither.
      const clone = movedTo(device, twin);
      expect(persistedBindingOf(device, 'vfio-pci', null, [device, clone])).not.toMatchObject(mark);
    });

    it('a serial number of another model is of another drive, and a model alone proves nothing', () => {
      const drive = (model: string, serial: string | null): Device => ({
        ...nameless,
        attachments: [{ ...disk(''), kind: 'nvme', serial, model }],
      });
      const entry = persistedBindingOf(drive('M1', 'S'), 'vfio-pci', null, []);
      expect(entry).toMatchObject({ drive: 'S', model: 'M1' });
      expect(whereabouts(entry, [movedTo(drive('M1', 'S'), twin)])).toBe(`moved ${twin.address}`);
      expect(whereabouts(entry, [movedTo(drive('M2', 'S'), twin)])).toBe('missing');
      expect(whereabouts(entry, [movedTo(drive('M1', null), twin)])).toBe(`unknown ${twin.address}`);
      const { model: _, ...earlier } = entry;
      expect(whereabouts(earlier, [movedTo(drive('M2', 'S'), twin)])).toBe(`moved ${twin.address}`);
    });

    it('a MAC that does not agree with the GUID tells nothing', () => {
      const card = (mac: string, guid: string): Device => ({
        ...nameless,
        attachments: [network(mac), named('infiniband', guid)],
      });
      const entry = persistedBindingOf(card('52:54:00:00:00:71', '1:2'), 'vfio-pci', null, []);
      expect(whereabouts(entry, [card('52:54:00:00:00:71', '1:2')])).toBe(`here ${pair.address}`);
      expect(whereabouts(entry, [card('52:54:00:00:00:72', '1:2')])).toBe(`unknown ${pair.address}`);
      expect(whereabouts(entry, [card('52:54:00:00:00:72', '1:3')])).toBe(`replaced ${pair.address}`);
    });

    it('is not the MAC of an adapter in a port of a USB controller', () => {
      const controller = { ...nameless, attachments: [network('52:54:00:00:00:73'), named('usb', '')] };
      expect(persistedBindingOf(controller, 'vfio-pci', null, []).mac).toBeNull();
    });

    it('is not kept if it is no plain text', () => {
      const hostile = { ...nameless, attachments: [disk('\u001b[31m')] };
      expect(persistedBindingOf(hostile, 'vfio-pci', null, [])).not.toHaveProperty('drive');
    });
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
      expect(whereabouts(kept, [here, there] as Device[])).toBe(`unknown ${nvme.address}`);
      expect(whereabouts(kept, [here as Device, otherNvme])).toBe(`here ${nvme.address}`);
      // Who bound it knew which it was.
      const bound = { ...(here as Device), driver: 'vfio-pci' };
      expect(whereabouts(kept, [bound, there as Device])).toBe(`here ${nvme.address}`);
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
    const pf = withVfs.find(({ address }) => address === '0000:01:00.0') as Device;
    const others = withVfs.filter((each) => ![pf.address, vf.address, twin.address].includes(each.address));
    const movedPf = movedTo(pf, twin);
    const movedVf: Device = {
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
    const bound = now.find(({ address }) => address === pair.address) as Device;
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
    expect(recordChanges(kept, after)).toMatchObject({
      added: [],
      moved: [{ from: { address: pair.address }, to: { address: twin.address } }],
      struck: [{ address: twin.address }],
      shared: [],
    });
  });

  it('keeps what is known to be elsewhere, and says where', () => {
    const kept = withPersisted([{ device: pair, driver: 'vfio-pci' }], [], devices);
    const now = [movedTo(twin, pair), movedTo(offHost(pair), twin), driverless];
    const after = withPersisted([{ device: now[0] as Device, driver: 'vfio-pci' }], kept, now);
    expect(after).toEqual([
      persistedBindingOf(now[1] as Device, 'vfio-pci', kept[0] as PersistedBinding, now),
      persistedBindingOf(now[0] as Device, 'vfio-pci', null, now),
    ]);
    expect(after.map(({ path }) => path)).toEqual([twin, pair].map((place) => traitsOf(place).path));
    const { added, moved, struck } = recordChanges(kept, after);
    expect({ added: added.length, moved: moved.length, struck: struck.length }).toEqual({
      ...{ added: 1, moved: 1, struck: 0 },
    });
    // Once both are written down again, each is where it is.
    const again = withPersisted(
      now.slice(0, 2).map((device) => ({ device, driver: 'vfio-pci' })),
      after,
      now,
    );
    expect(recordChanges(after, again)).toEqual({ added: [], moved: [], struck: [], shared: [] });
  });

  it('keeps what may be elsewhere as it is', () => {
    const [one, other] = [pair, twin].map((device) => ({ ...device, config: null })) as [Device, Device];
    const kept = withPersisted([{ device: one, driver: 'vfio-pci' }], [], [one, other]);
    const now = [movedTo(other, pair), movedTo(offHost(one), twin)];
    const after = withPersisted([{ device: now[0] as Device, driver: 'vfio-pci' }], kept, now);
    expect(after.map(({ mac }) => mac)).toEqual([one, other].map((each) => traitsOf(each).mac));
    expect(recordChanges(kept, after)).toMatchObject({ struck: [], shared: kept });
    // What is gone gives way.
    const gone = withPersisted([{ device: now[0] as Device, driver: 'vfio-pci' }], kept, now.slice(0, 1));
    expect(gone).toHaveLength(1);
    expect(recordChanges(kept, gone)).toMatchObject({ added: gone, struck: kept });
  });
});

describe('what is bound until the next boot only', () => {
  const onVfio = (device: Device): Device => ({ ...device, driver: 'vfio-pci' });

  it('is what is on a VFIO driver, and neither recorded nor bound by another', () => {
    const now = devices.map((each) => ([pair, driverless].includes(each) ? onVfio(each) : each));
    const statuses = [bindingStatus(bindingOf(pair), now)];
    const command = `pci unbind ${driverless.address}`;
    const expected = [{ address: driverless.address, driver: 'vfio-pci', command }];
    expect(boundUntilReboot(statuses, now, [])).toEqual(expected);
    const claim = { where: 'x', driver: 'vfio-pci', address: driverless.address, ids: [] };
    expect(boundUntilReboot(statuses, now, [claim])).toEqual([]);
    expect(boundUntilReboot(statuses, now, [{ ...claim, driver: 'e1000e' }])).toEqual(expected);
  });

  it('is not what may be recorded, and is what is in the place of another', () => {
    const plain = { ...pair, config: null };
    const hidden = movedTo(offHost(plain), twin);
    expect(boundUntilReboot([bindingStatus(bindingOf(plain), [hidden])], [hidden], [])).toEqual([]);
    const other = { ...onVfio(driverless), ...pick(pair) };
    const statuses = [bindingStatus(bindingOf(plain), [other])];
    expect(boundUntilReboot(statuses, [other], [])).toMatchObject([{ address: pair.address }]);
  });
});
