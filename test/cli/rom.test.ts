import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PUBLIC_MODE, putFile } from '../../lib/host/file/output-folder.ts';
import textWidth from '../../lib/render/layout/text-width.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { type ImageSpec, joined, romImage, romOf } from '../support/option-rom.ts';
import { BUNDLED_NAMES, fixture, pciInside } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const LAB = ['--host', fixture('lab-intel'), ...BUNDLED_NAMES] as const;
const GPU = ['--host', fixture('gpu-desktop'), ...BUNDLED_NAMES] as const;

function romFile(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function documentOf(kind: string, args: readonly string[]): Promise<unknown> {
  const { stdout } = await pciInside([...args, '--json']);
  const document: unknown = JSON.parse(stdout);
  const validate = validatorOf(kind, { strict: true });
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document;
}

describe('pci rom list', () => {
  it('says of a captured host what it has, and what it does not tell', async () => {
    const { exitCode, stdout, stderr } = await pciInside(['rom', 'list', ...LAB]);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')[1]).toMatch(
      /^0000:00:0a\.0 {2}256 KiB {2}in use {2}\? +on by default {2}e1000e /,
    );
    expect(stderr).toMatch(/^pci: \S+: a snapshot does not contain the ROMs and their use by VMs\n$/);
    expect(await documentOf('rom-list', ['rom', 'list', ...LAB])).toMatchObject({
      roms: [
        { address: '0000:00:0a.0', reading: 'refused', contents: null, machines: { unknown: 'unread' } },
        ...Array(5).fill({ reading: 'refused' }),
      ],
    });
  });

  it('tells the copy of a boot display, which may be read whoever has the card', async () => {
    expect(await documentOf('rom-list', ['rom', 'list', ...GPU])).toMatchObject({
      roms: [{ address: '0000:01:00.0', driver: 'nouveau', rom: { isShadow: true }, reading: 'untried' }],
    });
  });

  it('reads none of a captured host', async () => {
    expect(await pciInside(['rom', 'list', '--read', ...LAB])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('a snapshot does not contain the ROMs'),
    });
  });

  it('says where there is none', async () => {
    expect(await pciInside(['rom', 'list', 'class=storage', ...LAB])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'pci: none of these devices has an option ROM\n',
    });
  });
});

describe('pci rom inspect', () => {
  it('says of a file what is in it, and for which devices it is', async () => {
    const path = romFile('good.rom', romOf({ pnp: ['ACME', 'Boot'] }, { codeType: 3, compression: 1 }));
    const { exitCode, stdout, stderr } = await pciInside(['rom', 'inspect', path, ...LAB]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.replace(path, 'FILE')).toBe(`FILE: 2 KiB, 2 images
Sound; for 0000:00:0a.0, 0000:03:00.0, 0000:03:00.1, 0000:06:00.0 of this host.

ok    has an image for UEFI on x86-64 (OVMF)
ok    has an image for a BIOS (SeaBIOS)

Image 1  BIOS, 1 KiB at 0x0 · for 8086:10d3 · class 020000 · PCIR revision 3 · code revision 7 · keeps 512 B at run time · checksum right · Boot, ACME
Image 2  UEFI x64, 1 KiB at 0x400 · for 8086:10d3 · class 020000 · PCIR revision 3 · code revision 7 · keeps 512 B at run time · marked as the last · boot service driver · compressed

SHA-256 ${/SHA-256 ([0-9a-f]{64})/.exec(stdout)?.[1]}
`);
  });

  it.each<[string, Uint8Array, string]>([
    ['a wrong checksum', romImage({ checksum: 'wrong' }), 'checksum'],
    ['half an image', romImage({ units: 4 }).subarray(0, 1024), 'truncated'],
    ['all ones', new Uint8Array(2048).fill(0xff), 'all-ones'],
    ['nothing', new Uint8Array(), 'empty'],
    ['something before it', joined(new Uint8Array(512), romImage()), 'leading-bytes'],
  ])('exits with 1 for %s', async (_, bytes, code) => {
    const path = romFile('bad.rom', bytes);
    expect((await pciInside(['rom', 'inspect', path, ...LAB])).exitCode).toBe(1);
    expect(await documentOf('rom-inspect', ['rom', 'inspect', path, ...LAB])).toMatchObject({
      sound: false,
      verdicts: expect.arrayContaining([expect.objectContaining({ level: 'bad', code })]),
    });
  });

  it('judges a file for a device', async () => {
    const path = romFile('other.rom', romOf({}, { codeType: 0 }));
    const other = await pciInside(['rom', 'inspect', path, '--for', '01:00.0', ...LAB]);
    expect(other.exitCode).toBe(1);
    expect(other.stdout).toContain('\nBAD   is for 8086:10d3, but this device is 8086:10c9\n');
    expect(
      await documentOf('rom-inspect', ['rom', 'inspect', path, '--for', '06:00.0', ...LAB]),
    ).toMatchObject({
      device: { address: '0000:06:00.0' },
      meant: null,
      sound: true,
    });
  });

  it('fits a terminal of 40 columns, and prints nothing that a terminal acts on', async () => {
    const nasty = '\u001b[31m\u009b\u0007';
    const specs: readonly ImageSpec[] = [
      { pnp: [nasty, `x${'y'.repeat(90)}`], devices: Array.from({ length: 15 }, (_, index) => index + 1) },
      { codeType: 3, machine: 0x1234, compression: 9 },
      { codeType: 0x7f, isLast: false },
    ];
    const path = romFile(`${'long'.repeat(20)}${nasty}.rom`, joined(new Uint8Array(512), romOf(...specs)));
    for (const columns of [40, 60, 80]) {
      const { stdout, exitCode } = await pciInside(['rom', 'inspect', path, ...LAB], columns);
      expect(exitCode).toBe(1);
      expect(stdout.split('\n').filter((line) => textWidth(line) > columns)).toEqual([]);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
      expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    }
    const list = await pciInside(['rom', 'list', ...LAB], 40);
    expect(list.stdout.split('\n').filter((line) => textWidth(line) > 40)).toEqual([]);
  });
});

describe('pci rom dump', () => {
  const dump = (device: string, ...more: readonly string[]) =>
    pciInside(['rom', 'dump', device, '-o', join(folder, 'dumped.rom'), ...more]);

  it('says before whether it would read', async () => {
    const refused = await dump('06:00.0', '--dry-run', ...LAB);
    expect(refused.exitCode).toBe(4);
    expect(refused.stdout).toContain('driver-bound  06:00.0 is on e1000e');
    expect((await dump('06:00.0', '--dry-run', '--allow', 'driver-bound', ...LAB)).exitCode).toBe(0);
    const args = ['rom', 'dump', '06:00.0', '-o', join(folder, 'dumped.rom'), '--dry-run', ...LAB];
    expect(await documentOf('rom-dump', args)).toMatchObject({
      outcome: 'none',
      findings: [{ name: 'driver-bound', allowed: false }],
      read: null,
    });
  });

  it('replaces a file only where that is said', () => {
    const path = join(folder, 'put.rom');
    expect(putFile(path, Uint8Array.of(1), PUBLIC_MODE, false)).toBe('written');
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(putFile(path, Uint8Array.of(1), PUBLIC_MODE, false)).toBe('unchanged');
    expect(() => putFile(path, Uint8Array.of(2), PUBLIC_MODE, false)).toThrow(
      expect.objectContaining({ code: 'FILE_EXISTS' }),
    );
    expect(readFileSync(path)).toEqual(Buffer.of(1));
    expect(putFile(path, Uint8Array.of(2), PUBLIC_MODE, true)).toBe('replaced');
  });
});
