import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { formatEarlyProgram, tokenOf } from '../../../lib/plan/binding/early-bindings.ts';
import type { PersistedBinding } from '../../../lib/plan/binding/persisted-bindings.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const SERIAL_AT = 0x140;
const SERIAL = '52-54-00-ff-ff-00-00-03';

const BINDING: PersistedBinding = {
  address: '0000:03:00.0' as PciAddress,
  driver: 'vfio-pci',
  path: 'pci0000:00/06.0/00.0',
  id: '8086:10d3',
  subsystem: '8086:0000',
  deviceSerial: { offset: SERIAL_AT, value: SERIAL },
  productSerial: null,
  mac: null,
};

/** Without a serial number, the only one of its kind when that was written down. */
const ONLY: PersistedBinding = { ...BINDING, deviceSerial: null, only: true, class: '020000' };
const NO_SERIAL = { config: new Uint8Array(4096) };

/** A configuration space with a serial number, the lowest byte first, as the hardware has it. */
function configWith(serial: string, id = 3): Uint8Array {
  const bytes = new Uint8Array(4096);
  bytes.set([id, 0, 1, 0], SERIAL_AT);
  bytes.set(
    serial
      .split('-')
      .reverse()
      .map((byte) => Number.parseInt(byte, 16)),
    SERIAL_AT + 4,
  );
  return bytes;
}

describe('the program that binds early', () => {
  const root = temporaryFolder();
  const bus = join(root, 'sys/bus/pci');

  beforeEach(() => {
    for (const each of ['sys', 'run', 'dev']) rmSync(join(root, each), { recursive: true, force: true });
    for (const each of [join(bus, 'devices'), join(root, 'dev')]) mkdirSync(each, { recursive: true });
  });

  /** A function in the device tree, without a driver. */
  function place(path: string, attributes: Readonly<Record<string, string | Uint8Array>> = {}): string {
    const at = join(root, 'sys/devices', path);
    mkdirSync(at, { recursive: true });
    const all = {
      vendor: '0x8086\n',
      device: '0x10d3\n',
      subsystem_vendor: '0x8086\n',
      subsystem_device: '0x0000\n',
      class: '0x020000\n',
      config: configWith(SERIAL),
      driver_override: '(null)\n',
      ...attributes,
    };
    for (const [name, value] of Object.entries(all)) writeFileSync(join(at, name), value);
    symlinkSync(at, join(bus, 'devices', basename(at)));
    return at;
  }

  /** Takes a function away. */
  function remove(at: string): void {
    for (const each of [at, join(bus, 'devices', basename(at))]) rmSync(each, { recursive: true });
  }

  /** Runs the program, and gives what it wrote into the kernel's log. */
  function run(...bindings: readonly PersistedBinding[]): string {
    const program = (formatEarlyProgram(bindings) ?? '').replaceAll(
      /\/(sys|run|dev(?=\/kmsg))\//g,
      `${root}/$1/`,
    );
    const said = execFileSync('/bin/sh', ['-u'], { input: program, encoding: 'utf8' });
    expect(said).toBe('');
    expect(existsSync(join(root, 'run/portal-gun/early-done'))).toBe(true);
    const log = join(root, 'dev/kmsg');
    return existsSync(log) ? readFileSync(log, 'utf8') : '';
  }

  /** A PF without a serial number in its configuration space, with a virtual function. */
  function placePf(path: string, vf: string, attributes = {}): { readonly vf: string; readonly pf: string } {
    const pf = place(path, { device: '0x10c9\n', config: configWith(SERIAL), ...attributes });
    const at = place(join(path, '..', vf), { device: '0x10ca\n', config: new Uint8Array(4096) });
    symlinkSync(at, join(pf, 'virtfn1'));
    symlinkSync(pf, join(at, 'physfn'));
    return { vf: at, pf };
  }

  const overrideOf = (at: string): string => readFileSync(join(at, 'driver_override'), 'utf8').trim();

  it('binds the one that was meant, whatever its buses are called now', () => {
    for (const bus of ['03', '1f']) {
      const at = place(`pci0000:00/0000:00:06.0/0000:${bus}:00.0`);
      run(BINDING);
      expect(overrideOf(at)).toBe('vfio-pci');
      remove(at);
    }
  });

  it('has the driver asked where it is there already', () => {
    mkdirSync(join(bus, 'drivers/vfio-pci'), { recursive: true });
    place('pci0000:00/0000:00:06.0/0000:04:00.0');
    run(BINDING);
    expect(readFileSync(join(bus, 'drivers_probe'), 'utf8')).toBe('0000:04:00.0\n');
  });

  it.each([
    ['a twin with another serial number', { config: configWith('52-54-00-ff-ff-00-00-04') }],
    ['a twin without one', { config: new Uint8Array(256) }],
    ['a twin that has another capability there', { config: configWith(SERIAL, 0x0b) }],
    ['another device', { device: '0x10d4\n' }],
    ['one of another maker', { subsystem_vendor: '0x1028\n' }],
  ])('leaves alone at its place %s', (_, attributes) => {
    const at = place('pci0000:00/0000:00:06.0/0000:03:00.0', attributes);
    run(BINDING);
    expect(overrideOf(at)).toBe('(null)');
  });

  it('leaves alone what is at another place, and what a driver has', () => {
    const elsewhere = [
      place('pci0000:00/0000:00:08.0/0000:09:00.0'),
      place('pci0000:00/0000:00:06.0/0000:03:00.1'),
      place('pci0000:80/0000:80:06.0/0000:81:00.0'),
    ];
    const taken = place('pci0000:00/0000:00:06.0/0000:03:00.0');
    mkdirSync(join(taken, 'driver'));
    run(BINDING);
    expect([...elsewhere, taken].map(overrideOf)).toEqual(Array(4).fill('(null)'));
  });

  it('leaves alone two that are at one place, as virtual functions on two buses are', () => {
    const both = ['03', '04'].map((bus) => place(`pci0000:00/0000:00:06.0/0000:${bus}:00.0`));
    run(BINDING);
    expect(both.map(overrideOf)).toEqual(['(null)', '(null)']);
  });

  describe('of what has no serial number', () => {
    const PLACE = 'pci0000:00/0000:00:06.0/0000:03:00.0';

    it('binds what is at its place, and the only one of its kind', () => {
      const at = place(PLACE, NO_SERIAL);
      place('pci0000:00/0000:00:07.0/0000:04:00.0', { ...NO_SERIAL, device: '0x10d4\n' });
      expect(run(ONLY)).toBe('');
      expect(overrideOf(at)).toBe('vfio-pci');
    });

    it('knows by no subsystem what names none', () => {
      const at = place(PLACE, { ...NO_SERIAL, subsystem_vendor: '0x1028\n' });
      run({ ...ONLY, subsystem: null });
      expect(overrideOf(at)).toBe('vfio-pci');
    });

    it.each([
      ['a twin was added', {}],
      [
        'a twin that names no subsystem was added',
        { subsystem_vendor: '0x0000\n', subsystem_device: '0x0000\n' },
      ],
      ['the ids of a device can not be read', { vendor: '' }],
    ])('leaves it to the service where %s', (_, attributes) => {
      const at = place(PLACE, NO_SERIAL);
      const other = place('pci0000:00/0000:00:08.0/0000:05:00.0', { ...NO_SERIAL, ...attributes });
      expect(run(ONLY)).toMatch(
        /^<5>portal-gun: 0000:03:00.0 is not bound early: (more than one|the ids of) /,
      );
      expect([at, other].map(overrideOf)).toEqual(['(null)', '(null)']);
    });

    it('leaves what moved, though it is the only one', () => {
      const at = place('pci0000:00/0000:00:08.0/0000:03:00.0', NO_SERIAL);
      expect(run(ONLY)).toContain('no device is at its place');
      expect(overrideOf(at)).toBe('(null)');
    });

    it.each([
      ['NVMe', '0x010802'],
      ['RAID', '0x010400'],
      ['a SATA controller', '0x010601'],
      ['a SAS controller', '0x010700'],
      ['an SD host', '0x080501'],
      ['a USB controller', '0x0c0330'],
      ['Fibre Channel', '0x0c0400'],
      ['what says no class', ''],
    ])('leaves %s, whatever was written down', (_, code) => {
      const at = place(PLACE, { ...NO_SERIAL, class: `${code}\n` });
      expect(run(ONLY)).toMatch(/a disk of the host may be on it|its class cannot be read/);
      expect(overrideOf(at)).toBe('(null)');
    });

    it.each([
      ['the boot display', { class: '0x030000\n', boot_vga: '1\n' }, '(null)'],
      ['a display that does not say', { class: '0x030000\n', boot_vga: '' }, '(null)'],
      ['the boot display of newer kernels', { class: '0x038000\n', boot_display: '1\n' }, '(null)'],
      ['the only display, of a class that does not say', { class: '0x030200\n' }, '(null)'],
      ['another display', { class: '0x030000\n', boot_vga: '0\n' }, 'vfio-pci'],
    ])('of displays does with %s as it must', (_, attributes, override) => {
      const at = place(PLACE, { ...NO_SERIAL, ...attributes });
      run(ONLY);
      expect(overrideOf(at)).toBe(override);
    });

    it('binds a display that does not say, where another is the boot display', () => {
      const at = place(PLACE, { ...NO_SERIAL, class: '0x030200\n' });
      place('pci0000:00/0000:00:02.0', { device: '0x1111\n', class: '0x030000\n', boot_vga: '1\n' });
      run(ONLY);
      expect(overrideOf(at)).toBe('vfio-pci');
    });

    it.each([
      ['twins of which it was one', { ...ONLY, only: false }],
      ['a record of an earlier version', { ...BINDING, deviceSerial: null }],
      ['storage', { ...ONLY, class: '010802' }],
      ['the boot display', { ...ONLY, class: '030000', bootDisplay: true }],
      ['a virtual function of one of twins', { ...ONLY, vf: { index: 0, pf: { ...ONLY, only: false } } }],
    ])('has no program for %s', (_, binding) => {
      expect(formatEarlyProgram([binding])).toBeNull();
      expect(formatEarlyProgram([binding, BINDING])).not.toContain(`claim ${binding.address} vfio-pci ''`);
    });
  });

  describe('of what has a serial number', () => {
    const HERE = 'pci0000:00/0000:00:06.0/0000:03:00.0';
    const ELSEWHERE = 'pci0000:00/0000:00:07.0/0000:04:00.0';
    const OTHER_SERIAL = { config: configWith('52-54-00-ff-ff-00-00-09') };

    it('binds it beside its twin, also storage, and nothing once they are swapped', () => {
      const nvme = { class: '0x010802\n' };
      const places = [place(HERE, nvme), place(ELSEWHERE, { ...nvme, ...OTHER_SERIAL })];
      expect(run(BINDING)).toBe('');
      expect(places.map(overrideOf)).toEqual(['vfio-pci', '(null)']);
      for (const each of places) remove(each);
      rmSync(join(root, 'run'), { recursive: true });
      const swapped = [place(HERE, { ...nvme, ...OTHER_SERIAL }), place(ELSEWHERE, nvme)];
      expect(run(BINDING)).toContain('the device at its place has another serial number, or none');
      expect(swapped.map(overrideOf)).toEqual(['(null)', '(null)']);
    });

    it.each([
      ['has it too', configWith(SERIAL)],
      ['has one that can not be read', new Uint8Array(64)],
    ])('leaves it where a twin %s', (_, config) => {
      const places = [place(HERE), place(ELSEWHERE, { config })];
      expect(run(BINDING)).toContain('0000:04:00.0 has the same serial number, or one that cannot be read');
      expect(places.map(overrideOf)).toEqual(['(null)', '(null)']);
    });

    it('leaves it where its configuration space can not be read', () => {
      const at = place(HERE, { config: new Uint8Array(64) });
      expect(run(BINDING)).toContain('its serial number cannot be read');
      expect(overrideOf(at)).toBe('(null)');
    });
  });

  describe('of virtual functions', () => {
    const VF: PersistedBinding = {
      ...BINDING,
      id: '8086:10ca',
      path: 'pci0000:00/06.0/10.2',
      class: '020000',
      deviceSerial: null,
      vf: { index: 1, pf: { ...BINDING, id: '8086:10c9' } },
    };
    const ofOnly: PersistedBinding = { ...VF, vf: { index: 1, pf: { ...ONLY, id: '8086:10c9' } } };
    const PF = 'pci0000:00/0000:00:06.0/0000:03:00.0';
    const TWIN = 'pci0000:00/0000:00:07.0/0000:04:00.0';

    it('binds those of the PF that was meant, by its serial number, or as the only one of its kind', () => {
      for (const binding of [VF, ofOnly]) {
        const { vf, pf } = placePf(PF, '0000:03:10.2');
        expect(run(binding)).toBe('');
        expect([vf, pf].map(overrideOf)).toEqual(['vfio-pci', '(null)']);
        for (const each of [vf, pf]) remove(each);
      }
    });

    it('leaves those of its twin, which has its place, and those of one that moved', () => {
      const twin = { config: configWith('52-54-00-ff-ff-00-00-09') };
      const places = [placePf(PF, '0000:03:10.2', twin), placePf(TWIN, '0000:04:10.2')];
      expect(run(VF, ofOnly)).toMatch(/another serial number.*\n.*more than one device has its ids/);
      expect(places.map(({ vf }) => overrideOf(vf))).toEqual(['(null)', '(null)']);
    });

    it('leaves a function that is none at the place of the PF’s, and says nothing of VFs that are to come', () => {
      const at = place('pci0000:00/0000:00:06.0/0000:03:10.2', { device: '0x10ca\n' });
      place(PF, { device: '0x10c9\n' });
      expect(run(VF)).toBe('');
      expect(overrideOf(at)).toBe('(null)');
    });

    it('takes for no device of its own what is a virtual function now', () => {
      const { vf } = placePf(PF, '0000:03:10.2');
      run({ ...ONLY, id: '8086:10ca', path: 'pci0000:00/06.0/10.2' });
      expect(overrideOf(vf)).toBe('(null)');
    });
  });

  it('says once in a boot what it left', () => {
    expect(run(BINDING)).toContain('no device is at its place');
    rmSync(join(root, 'dev/kmsg'));
    expect(run(BINDING)).toBe('');
  });

  it('makes each of several, and ends well where there is none', () => {
    const at = place('pci0000:00/0000:00:06.0/0000:03:00.0');
    const other = place('pci0000:00/0000:00:07.0/0000:04:00.0', { ...NO_SERIAL, device: '0x10d4\n' });
    const missing = { ...BINDING, path: 'pci0000:00/09.0/00.0' };
    run(missing, BINDING, { ...ONLY, id: '8086:10d4', path: 'pci0000:00/07.0/00.0', driver: 'pci-stub' });
    expect([at, other].map(overrideOf)).toEqual(['vfio-pci', 'pci-stub']);
    rmSync(join(root, 'sys'), { recursive: true });
    run(BINDING);
  });

  it('has a token, by which it is known from others', () => {
    const tokens = [[BINDING], [{ ...BINDING, id: '8086:10c9' }]].map((each) =>
      tokenOf(formatEarlyProgram(each)),
    );
    expect(tokens).toEqual([
      expect.stringMatching(/^[0-9a-f]{16}$/),
      expect.stringMatching(/^[0-9a-f]{16}$/),
    ]);
    expect(tokens[0]).not.toBe(tokens[1]);
    expect(tokenOf('#!/bin/sh\n')).toBeNull();
  });
});
