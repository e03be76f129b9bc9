import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseOptionRom } from '../../lib/pci/rom/option-rom.ts';
import { NEW_IN_KERNEL } from '../contract/kernel-differences.ts';
import { newRomWrites, parseRomWrites, romWritesScript } from '../contract/rom-writes.ts';
import { validatorOf } from '../support/json-schemas.ts';
import type { RunningMachine } from './boot-machine.ts';
import { holding, vfioFile } from './holding.ts';

/** An 82574L with QEMU's ROM for it, in a group with ports alone. Nothing here writes to its configuration, which lockdown forbids. */
const CARD = '0000:06:00.0';
const PATH = `/sys/bus/pci/devices/${CARD}`;

export function testRom(machine: () => RunningMachine): void {
  describe('option ROMs', () => {
    const shell = (script: string) => machine().output(['bash', '-c', script]);
    const bind = (driver: 'bind' | 'unbind') => machine().pciOutput([driver, CARD, '--yes']);
    const inFolder = (name: string): string => join(machine().folder, name);
    /** What a read gives just now: how many bytes, or the kernel's words. */
    const READ = `read_rom() { dd if=${PATH}/rom bs=4096 2>&1 >/lab/raw.rom | grep -o 'Invalid argument\\|Input/output error' || stat -c %s /lab/raw.rom; }`;
    const reads = async () => (await shell(`${READ}; read_rom`)).trim();

    beforeAll(async () => {
      await shell(`[ "$(basename "$(readlink ${PATH}/driver)")" = e1000e ] || pci unbind ${CARD} --yes`);
    });
    afterAll(() => bind('unbind'));

    test('are switched on and off by the kernel as the simulated host has it', async () => {
      expect(await reads()).toBe('Invalid argument');
      // The kernel ends behind the last image, and not with the register.
      expect((await shell(`echo 1 > ${PATH}/rom; ${READ}; read_rom`)).trim()).toBe('158208');
      const kernel = (await machine().output(['uname', '-r'])).trim();
      const played = parseRomWrites(kernel, await shell(romWritesScript(`${PATH}/rom`)));
      expect(newRomWrites(played), NEW_IN_KERNEL).toEqual([]);
      expect(await reads()).toBe('Invalid argument');
    });

    test('are listed by an ordinary user, and read by none', async () => {
      const { exitCode, stdout } = await machine().pci(['rom', 'list'], { user: 'nobody' });
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^0000:06:00\.0 {2}256 KiB {2}in use /m);
      for (const args of [
        ['rom', 'list', '--read'],
        ['rom', 'inspect', CARD],
        ['rom', 'dump', CARD, '-o', '/tmp/a.rom'],
      ]) {
        const denied = await machine().pci(args, { user: 'nobody' });
        expect(denied.exitCode).toBe(5);
        expect(denied.stderr).toContain('[PERMISSION_DENIED]');
      }
    });

    test('of a card that a driver works with are refused, unless that is allowed', async () => {
      const refused = await machine().pci(['rom', 'dump', CARD, '-o', '/lab/refused.rom']);
      expect(refused.exitCode).toBe(4);
      expect(refused.stderr).toContain('is on e1000e');
      expect(existsSync(inFolder('refused.rom'))).toBe(false);
      const args = ['rom', 'dump', CARD, '-o', '/lab/card.rom', '--allow', 'driver-bound'];
      expect(await machine().pci(args)).toMatchObject({ exitCode: 0 });
      const rom = parseOptionRom(readFileSync(inFolder('card.rom')));
      expect(rom).toMatchObject({ sizeBytes: 158208, ending: 'last-mark', behind: null });
      expect(rom.images.map(({ kind }) => kind)).toEqual(['legacy', 'efi']);
      expect(await reads()).toBe('Invalid argument');
    });

    test('are written again only where a file holds something else, and that is said', async () => {
      const args = ['rom', 'dump', CARD, '-o', '/lab/card.rom', '--allow', 'driver-bound'];
      expect((await machine().pci(args)).stdout).toContain('is already in /lab/card.rom');
      const whole = readFileSync(inFolder('card.rom'));
      writeFileSync(inFolder('card.rom'), 'mine');
      const kept = await machine().pci(args);
      expect(kept).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('[FILE_EXISTS]') });
      expect(readFileSync(inFolder('card.rom'), 'utf8')).toBe('mine');
      expect(await machine().pci([...args, '--overwrite'])).toMatchObject({ exitCode: 0 });
      expect(readFileSync(inFolder('card.rom'))).toEqual(whole);
    });

    test('of a card that vfio-pci has asleep are read, and it sleeps again', async () => {
      await bind('bind');
      const states = () => shell(`cat ${PATH}/power_state ${PATH}/power/control`);
      expect(await states()).toBe('D3hot\nauto\n');
      await shell(`echo 1 > ${PATH}/rom`);
      expect(await reads()).toBe('Input/output error');
      await shell(`echo 0 > ${PATH}/rom`);
      const { exitCode, stdout, stderr } = await machine().pci(['rom', 'inspect', CARD, '--json']);
      expect(exitCode, stderr).toBe(0);
      const document = JSON.parse(stdout) as { sha256: string };
      const validate = validatorOf('rom-inspect', { strict: true });
      expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
      expect(document).toMatchObject({
        source: { kind: 'device', address: CARD, isShadow: false },
        sound: true,
        verdicts: [{ code: 'matches' }, { code: 'efi' }, { code: 'legacy' }],
      });
      const dumped = createHash('sha256')
        .update(readFileSync(inFolder('card.rom')))
        .digest('hex');
      expect(document.sha256).toBe(dumped);
      expect(await states()).toBe('D3hot\nauto\n');
      expect(await reads()).toBe('Invalid argument');
    });

    test('are listed with what is in them, and those in use without', async () => {
      const { stdout } = await machine().pci(['rom', 'list', '--read', '--json']);
      const document = JSON.parse(stdout) as { roms: readonly { address: string; reading: string }[] };
      const validate = validatorOf('rom-list', { strict: true });
      expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
      expect(document.roms.filter(({ reading }) => reading === 'read').map(({ address }) => address)).toEqual(
        [CARD],
      );
      expect(document.roms.length).toBeGreaterThan(3);
    });

    test('are never read while a machine has the card', async () => {
      const held = await holding(machine(), await vfioFile(machine(), CARD), () =>
        machine().pci(['rom', 'inspect', CARD]),
      );
      expect(held.exitCode).toBe(4);
      expect(held.stderr).toContain('is in use by sleep');
    });

    test('are switched off, and the card sleeps, also where the program is killed in the middle', async () => {
      // Without a process for each look, which would take longer than what is looked for.
      const script = `mkfifo /tmp/silence; exec 3<> /tmp/silence
      is() { for look in {1..6000}; do
        read -r state < ${PATH}/power_state
        [ $state != $1 ] || return 0
        read -rt 0.01 <&3
      done; return 1; }
      pci rom dump ${CARD} -o /lab/killed.rom & pid=$!
      is D0 && kill -9 $pid && echo awake when it was killed
      wait $pid
      is D3hot && echo asleep`;
      const { stdout } = await machine().run(['bash', '-c', script]);
      expect(stdout).toBe('awake when it was killed\nasleep\n');
      expect(await reads()).toBe('Invalid argument');
      expect(existsSync(inFolder('killed.rom'))).toBe(false);
      expect(readdirSync(machine().folder).filter((name) => name.startsWith('.'))).toEqual([]);
      // And nothing is left that keeps the next one off.
      expect(await machine().pci(['rom', 'inspect', CARD])).toMatchObject({ exitCode: 0 });
    });
  });
}
