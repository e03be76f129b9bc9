import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RomReading } from '../../lib/host/rom-reader.ts';
import { openSession, type Session } from '../../lib/operations/open-session.ts';
import { functionHere, HERE } from '../support/host-use.ts';
import { idleHost } from '../support/idle-host.ts';
import { romImage } from '../support/option-rom.ts';
import { fixture, pciOn } from '../support/pci-program.ts';
import { simulateMachine } from '../support/simulated-changes.ts';
import { type SimulatedPorts, simulatedPorts } from '../support/simulated-ports.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const OTHER = '0000:00:04.0';
const REGISTER = { at: 0xfea00000, sizeBytes: 0x10000 };
const GOOD = romImage({ vendor: 0x8086, device: 0x10c9 });
const DAMAGED = romImage({ vendor: 0x8086, device: 0x10c9, checksum: 'wrong' });
const NAMES = { pciIds: 'bundled' } as const;
const folder = temporaryFolder();

/** A machine with two cards that have ROMs: one that nothing works with, one that its driver does, and one without a ROM. */
function ports(rom: RomReading = GOOD, isRoot = true): SimulatedPorts {
  const functions = [
    functionHere({ rom: REGISTER }),
    functionHere({ address: OTHER, rom: { ...REGISTER, at: 0xfeb00000 }, driver: 'igb', group: 4 }),
    functionHere({ address: '0000:00:05.0', group: 5 }),
  ];
  const roms = {
    [`/sys/bus/pci/devices/${HERE}`]: rom,
    [`/sys/bus/pci/devices/${OTHER}`]: GOOD,
  };
  return simulatedPorts(simulateMachine(idleHost(functions)), { isRoot, roms });
}

const hostWith = (rom?: RomReading): Promise<Session> => openSession(NAMES, ports(rom));

describe('option ROMs', () => {
  it('are listed without being read', async () => {
    const { roms, libvirt } = await (await hostWith()).roms();
    expect(roms.map(({ device, reading }) => [device.address, reading])).toEqual([
      [HERE, 'untried'],
      [OTHER, 'refused'],
    ]);
    expect(roms[1]?.problem).toContain('(driver-bound)');
    expect(libvirt).toEqual({ diagnostics: [] });
  });

  it('are read if that is asked for, but for those of devices in use', async () => {
    const host = await hostWith();
    const { roms } = await host.roms([], { read: true });
    expect(roms.map(({ reading }) => reading)).toEqual(['read', 'refused']);
    expect(roms[0]?.contents?.images).toMatchObject([{ kind: 'legacy' }]);
    const allowed = await host.roms([OTHER], { read: true, allow: ['driver-bound'] });
    expect(allowed.roms.map(({ reading }) => reading)).toEqual(['read']);
  });

  it('that the kernel does not give are so, with why', async () => {
    const [rom] = (await (await hostWith({ at: 'enable', failed: 'EPERM' })).roms([HERE], { read: true }))
      .roms;
    expect(rom).toMatchObject({ reading: 'failed', problem: 'cannot be read: it cannot be enabled: EPERM' });
  });

  it('are no more read once that is interrupted', async () => {
    const { roms } = await (await hostWith()).roms([HERE], { read: true, signal: { aborted: true } });
    expect(roms).toMatchObject([{ reading: 'failed', problem: 'cannot be read: interrupted' }]);
  });

  it('are read by root alone, and not of a captured host', async () => {
    const user = await openSession(NAMES, ports(GOOD, false));
    await expect(user.roms([], { read: true })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    const captured = await openSession({ ...NAMES, host: fixture('gpu-desktop') }, ports());
    await expect(captured.roms([], { read: true })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    expect((await captured.roms()).libvirt).toBe(null);
  });

  it('are listed by the program as by the library', async () => {
    expect(await pciOn(ports(), ['rom', 'list', '--read', ...['--pci-ids', 'bundled']])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^0000:00:03\.0 {2}64 KiB +yes +BIOS/m),
      stderr: 'pci: 1 ROM not read, because the device is in use; first: pci bind DEVICE\n',
    });
    expect(await pciOn(ports(GOOD, false), ['rom', 'list', '--read'])).toMatchObject({ exitCode: 5 });
    expect(await pciOn(ports(), ['rom', 'list', '--allow', 'nonsense'])).toMatchObject({ exitCode: 2 });
    expect((await pciOn(ports(), ['rom', 'list', '00:05.0'])).stderr).toBe(
      'pci: none of these devices has an option ROM\n',
    );
  });
});

describe('the ROM of a device', () => {
  it('is looked into', async () => {
    const { inspected } = await (await hostWith()).inspectRom(HERE);
    expect(inspected).toMatchObject({ source: { kind: 'device', address: HERE }, rom: { sizeBytes: 1024 } });
    expect(inspected.verdicts.filter(({ level }) => level === 'bad')).toEqual([]);
    expect(await pciOn(ports(), ['rom', 'inspect', HERE])).toMatchObject({ exitCode: 0 });
    expect(await pciOn(ports(DAMAGED), ['rom', 'inspect', HERE])).toMatchObject({ exitCode: 1 });
  });

  it.each([
    [OTHER, GOOD, 'DEVICE_IN_USE'],
    ['00:05.0', GOOD, 'NO_ROM'],
    [HERE, { at: 'read', failed: 'EIO' } as const, 'ROM_UNREADABLE'],
  ])('is not looked into: %s %#', async (device, rom, code) => {
    await expect((await hostWith(rom)).inspectRom(device)).rejects.toMatchObject({ code });
    const { stdout } = await pciOn(ports(rom), ['rom', 'inspect', device, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code } });
  });

  it('gives the lock back, whatever comes of it', async () => {
    const host = await hostWith({ at: 'read', failed: 'EIO' });
    await expect(host.inspectRom(HERE)).rejects.toMatchObject({ code: 'ROM_UNREADABLE' });
    await expect(host.inspectRom(HERE)).rejects.toMatchObject({ code: 'ROM_UNREADABLE' });
  });
});

describe('a ROM in a file', () => {
  it('is judged for a device, or finds those that it is for', async () => {
    const host = await hostWith();
    const file = { bytes: GOOD, path: 'card.rom' };
    expect((await host.inspectRomFile(file)).inspected.meant).toEqual([HERE, OTHER, '0000:00:05.0']);
    const other = { ...file, bytes: romImage({ vendor: 0x10de }), for: HERE };
    const { inspected } = await host.inspectRomFile(other);
    expect(inspected.verdicts.map(({ level }) => level)).toContain('bad');
    await expect(host.inspectRomFile({ ...file, for: '99:00.0' })).rejects.toMatchObject({
      code: 'DEVICE_NOT_FOUND',
    });
  });

  it('is read by the program by its path', async () => {
    const path = join(folder, 'card.rom');
    writeFileSync(path, DAMAGED);
    expect(await pciOn(ports(), ['rom', 'inspect', path])).toMatchObject({ exitCode: 1 });
    expect(await pciOn(ports(), ['rom', 'inspect', `${path}.none.rom`])).toMatchObject({ exitCode: 3 });
    expect(await pciOn(ports(), ['rom', 'inspect', path, '--allow', 'driver-bound'])).toMatchObject({
      exitCode: 2,
    });
  });
});

describe('a dumped ROM', () => {
  it('is written, and once more is there already', async () => {
    const file = join(folder, 'dumped.rom');
    const host = await hostWith();
    const trial = await host.dumpRom({ device: HERE, file, dryRun: true });
    expect([trial.outcome, trial.refusals, existsSync(file)]).toEqual(['none', [], false]);
    expect((await host.dumpRom({ device: HERE, file })).outcome).toBe('written');
    expect(new Uint8Array(readFileSync(file))).toEqual(GOOD);
    expect((await host.dumpRom({ device: HERE, file })).outcome).toBe('unchanged');
  });

  it('replaces no other file unasked, and is not damaged', async () => {
    const file = join(folder, 'other.rom');
    writeFileSync(file, 'other');
    const damaged = await hostWith(DAMAGED);
    await expect((await hostWith()).dumpRom({ device: HERE, file })).rejects.toMatchObject({
      code: 'FILE_EXISTS',
    });
    await expect(damaged.dumpRom({ device: HERE, file, overwrite: true })).rejects.toMatchObject({
      code: 'BAD_ROM',
    });
    expect(readFileSync(file, 'utf8')).toBe('other');
    const allow = ['bad-rom'];
    expect((await damaged.dumpRom({ device: HERE, file, overwrite: true, allow })).outcome).toBe('replaced');
  });

  it('is none if that was interrupted', async () => {
    const file = join(folder, 'interrupted.rom');
    const dump = (await hostWith()).dumpRom({ device: HERE, file, signal: { aborted: true } });
    await expect(dump).rejects.toMatchObject({ code: 'ROM_UNREADABLE' });
    expect(existsSync(file)).toBe(false);
  });

  it('is the same by the program', async () => {
    const file = join(folder, 'program.rom');
    const dump = (...more: readonly string[]) => pciOn(ports(), ['rom', 'dump', ...more]);
    expect(await dump(HERE, '-o', file, '--dry-run')).toMatchObject({ exitCode: 0 });
    expect(await dump(OTHER, '-o', file, '--dry-run')).toMatchObject({ exitCode: 4 });
    expect(await dump(OTHER, '-o', file)).toMatchObject({ exitCode: 4 });
    expect(await dump(HERE)).toMatchObject({ exitCode: 2 });
    expect(await dump(HERE, '-o', '-')).toMatchObject({ exitCode: 2 });
    expect(existsSync(file)).toBe(false);
    const { exitCode, stdout } = await dump(HERE, '-o', file, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ file, outcome: 'written', read: { sound: true } });
    expect(await pciOn(ports(GOOD, false), ['rom', 'dump', HERE, '-o', file])).toMatchObject({ exitCode: 5 });
  });
});
