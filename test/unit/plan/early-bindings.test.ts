import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { formatEarlyProgram, tokenOf } from '../../../lib/plan/early-bindings.ts';
import type { PersistedBinding } from '../../../lib/plan/persisted-bindings.ts';
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
    rmSync(join(root, 'sys'), { recursive: true, force: true });
    mkdirSync(bus, { recursive: true });
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
      config: configWith(SERIAL),
      driver_override: '(null)\n',
      ...attributes,
    };
    for (const [name, value] of Object.entries(all)) writeFileSync(join(at, name), value);
    return at;
  }

  function run(...bindings: readonly PersistedBinding[]): void {
    const program = formatEarlyProgram(bindings).replaceAll(/\/(sys|run)\//g, `${root}/$1/`);
    const said = execFileSync('/bin/sh', ['-u'], { input: program, encoding: 'utf8' });
    expect(said).toBe('');
    expect(existsSync(join(root, 'run/portal-gun/early-done'))).toBe(true);
  }

  const overrideOf = (at: string): string => readFileSync(join(at, 'driver_override'), 'utf8').trim();

  it('binds the one that was meant, whatever its buses are called now', () => {
    for (const bus of ['03', '1f']) {
      const at = place(`pci0000:00/0000:00:06.0/0000:${bus}:00.0`);
      run(BINDING);
      expect(overrideOf(at)).toBe('vfio-pci');
      rmSync(at, { recursive: true });
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
      place('pci0000:00/0000:00:08.0/0000:03:00.0'),
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

  it('knows by its place and its ids what has no serial number, and by no subsystem what names none', () => {
    const at = place('pci0000:00/0000:00:06.0/0000:03:00.0', { config: new Uint8Array(256) });
    run({ ...BINDING, deviceSerial: null, subsystem: null });
    expect(overrideOf(at)).toBe('vfio-pci');
  });

  it('makes each of several, and ends well where there is none', () => {
    const at = place('pci0000:00/0000:00:06.0/0000:03:00.0');
    const other = place('pci0000:00/0000:00:07.0/0000:04:00.0', { config: new Uint8Array(256) });
    const missing = { ...BINDING, path: 'pci0000:00/09.0/00.0' };
    run(missing, BINDING, {
      ...BINDING,
      path: 'pci0000:00/07.0/00.0',
      deviceSerial: null,
      driver: 'pci-stub',
    });
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
