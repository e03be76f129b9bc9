import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kernelRomSize, parseOptionRom } from '../../lib/pci/rom/option-rom.ts';
import { judgeRom } from '../../lib/pci/rom/option-rom-verdicts.ts';
import { describeLab } from './describe-lab.ts';

// The ROMs of Debian's packages ipxe-qemu, seabios and qemu-system-data, as the root file system has them.

describeLab('real option ROMs', (root) => {
  const folder = (name: string): string => join(root.tree, 'usr/share', name);
  const parse = (path: string) => {
    const bytes = readFileSync(path);
    const rom = parseOptionRom(bytes);
    return { bytes, rom, verdicts: judgeRom(rom, { device: null, isShadow: false }) };
  };
  const kindsOf = (path: string): readonly string[] => parse(path).rom.images.map(({ kind }) => kind);
  const filesOf = (name: string, form: RegExp): readonly string[] => {
    const files = readdirSync(folder(name)).filter((each) => form.test(each));
    expect(files.length).toBeGreaterThan(3);
    return files.map((each) => join(folder(name), each));
  };

  test('of iPXE with UEFI have two images, and ones behind them', () => {
    for (const path of filesOf('qemu', /^efi-.*\.rom$/)) {
      const { bytes, rom, verdicts } = parse(path);
      expect(kindsOf(path)).toEqual(['legacy', 'efi']);
      expect(rom).toMatchObject({ startsAt: 0, ending: 'last-mark', behind: { filling: 'ones' } });
      const [legacy, efi] = rom.images;
      expect(legacy).toMatchObject({
        pcir: { revision: 3, classCode: '020000', isLast: false },
        legacy: { checksum: 'right', pnp: { product: 'iPXE', checksum: 'right' } },
      });
      expect(efi).toMatchObject({
        pcir: { revision: 0, isLast: true, deviceIds: null },
        efi: { hasSignature: true, machine: 'x64', compression: 'efi', subsystem: 'boot-service-driver' },
      });
      expect(verdicts.filter(({ level }) => level !== 'ok')).toEqual([]);
      expect(kernelRomSize(bytes)).toBe(rom.behind?.at);
    }
  });

  test('of iPXE without UEFI have one', () => {
    for (const path of filesOf('qemu', /^pxe-.*\.rom$/)) {
      expect(kindsOf(path)).toEqual(['legacy']);
      expect(parse(path).verdicts.map(({ code }) => code)).toEqual(['no-efi', 'legacy']);
    }
  });

  test('of displays have one for a BIOS; those that are of no PCI card have no structure of PCI', () => {
    for (const path of filesOf('seabios', /^vgabios.*\.bin$/)) {
      const { rom } = parse(path);
      expect(rom.images).toHaveLength(1);
      expect(rom.images[0]).toMatchObject({ kind: 'legacy', legacy: { checksum: 'right' } });
      const isOfPci = !/\/vgabios(-isavga|-ramfb)?\.bin$/.test(path);
      expect(rom.images[0]?.pcir?.classCode ?? null).toBe(isOfPci ? '030000' : null);
    }
  });

  describe.each([
    ['of SPARC, for Open Firmware alone', 'QEMU,VGA.bin'],
    ['of a firmware', 'OVMF.fd'],
    ['of a firmware that is named so', 'qboot.rom'],
  ])('%s', (_, name) => {
    test('are none', () => {
      expect(parse(join(folder('qemu'), name)).verdicts).toMatchObject([{ level: 'bad', code: 'no-image' }]);
    });
  });
});
