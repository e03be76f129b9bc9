import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelRomSize, MAX_ROM_BYTES, parseOptionRom } from '../../../lib/pci/rom/option-rom.ts';
import { judgeRom } from '../../../lib/pci/rom/option-rom-verdicts.ts';
import { cpuTimeMs } from '../../support/cpu-time.ts';
import { joined, romImage, romOf } from '../../support/option-rom.ts';

const ALONE = { device: null, isShadow: false };

describe('parseOptionRom', () => {
  it('reads every kind of image', () => {
    const rom = parseOptionRom(
      romOf(
        { codeType: 0, devices: [0x10d3, 0x10d4], pnp: ['ACME', 'Boot \u001b[31m'] },
        { codeType: 1 },
        { codeType: 2, revision: 0 },
        { codeType: 3, compression: 1 },
        { codeType: 0xe0 },
      ),
    );
    expect(rom).toMatchObject({
      sizeBytes: 5120,
      startsAt: 0,
      before: null,
      behind: null,
      ending: 'last-mark',
    });
    expect(rom.images.map(({ kind, offset }) => [kind, offset])).toEqual([
      ['legacy', 0],
      ['open-firmware', 1024],
      ['hp-pa-risc', 2048],
      ['efi', 3072],
      ['other', 4096],
    ]);
    expect(rom.images[0]).toEqual({
      offset: 0,
      sizeBytes: 1024,
      isCut: false,
      kind: 'legacy',
      pcir: {
        offset: 0x40,
        revision: 3,
        sizeBytes: 0x1c,
        vendorId: '8086',
        deviceId: '10d3',
        deviceIds: ['10d3', '10d4'],
        classCode: '020000',
        codeType: 0,
        codeRevision: 7,
        isLast: false,
        maxRuntimeBytes: 512,
      },
      legacy: {
        sizeBytes: 1024,
        checksum: 'right',
        pnp: { checksum: 'right', manufacturer: 'ACME', product: 'Boot \u001b[31m' },
      },
      efi: null,
    });
    // Of revision 0 the same place is a pointer to product data.
    expect(rom.images[2]?.pcir).toMatchObject({ deviceIds: null, maxRuntimeBytes: null });
    expect(rom.images[3]?.efi).toEqual({
      hasSignature: true,
      subsystem: 'boot-service-driver',
      machine: 'x64',
      compression: 'efi',
      programOffset: 0x180,
      hasProgram: null,
    });
  });

  it.each([
    ['nothing', new Uint8Array(), 'other', 'empty'],
    ['all ones', new Uint8Array(4096).fill(0xff), 'ones', 'all-ones'],
    ['all zeros', new Uint8Array(4096), 'zeros', 'all-zeros'],
    ['something else', new Uint8Array(Buffer.from('MZ is no ROM')), 'other', 'no-image'],
  ])('finds no image in %s', (_, bytes, before, code) => {
    const rom = parseOptionRom(bytes);
    expect(rom).toMatchObject({ startsAt: null, before, images: [], ending: null });
    expect(judgeRom(rom, ALONE)).toMatchObject([{ level: 'bad', code }]);
  });

  it('finds the first image behind what the tools of card makers write', () => {
    const lead = new Uint8Array(1024).fill(0x4e);
    // Two bytes by chance are no image.
    lead.set([0x55, 0xaa], 512);
    const rom = parseOptionRom(joined(lead, romOf({}, { codeType: 3 })));
    expect(rom).toMatchObject({ startsAt: 1024, before: 'other', ending: 'last-mark' });
    expect(judgeRom(rom, ALONE)[0]).toEqual({
      level: 'bad',
      code: 'leading-bytes',
      message:
        'begins with 1024 bytes that do not belong to it, like files of flash tools: a guest finds no image in it. Remove them: tail -c +1025 FILE',
    });
  });

  it.each([
    ['no last mark, and nothing behind', romImage({ isLast: false }), 'end', ['no-last-mark']],
    [
      'no last mark, and ones behind',
      joined(romImage({ isLast: false }), new Uint8Array(512).fill(0xff)),
      'no-signature',
      ['no-last-mark'],
    ],
    ['half an image', romImage({ units: 4 }).subarray(0, 1024), 'last-mark', ['truncated']],
    ['a wrong checksum', romImage({ checksum: 'wrong' }), 'last-mark', ['checksum']],
    ['another image behind the last', romOf({ isLast: true }, {}), 'last-mark', ['more-behind']],
    [
      'more images than any',
      romOf(...Array.from({ length: 65 }, () => ({ units: 1 }))),
      'too-many',
      ['too-many'],
    ],
  ])('tells of %s', (_, bytes, ending, codes) => {
    const rom = parseOptionRom(bytes);
    expect(rom.ending).toBe(ending);
    expect(judgeRom(rom, ALONE).map(({ code }) => code)).toEqual([...codes, 'no-efi', 'legacy']);
  });

  it('takes pointers that lead outside, and lengths of zero', () => {
    const outside = romImage();
    outside.set([0xff, 0xff], 0x18);
    expect(parseOptionRom(outside)).toMatchObject({ ending: 'no-structure', images: [{ pcir: null }] });
    const unmeasured = romImage({ units: 2, isLast: false });
    unmeasured.set([0, 0], 0x50);
    const rom = parseOptionRom(unmeasured);
    expect(rom).toMatchObject({ ending: 'no-length', images: [{ sizeBytes: 0 }] });
    expect(judgeRom(rom, ALONE)).toContainEqual(expect.objectContaining({ level: 'bad', code: 'no-length' }));
    const endless = romImage({ devices: [1] });
    endless.fill(1, 0x60);
    expect(parseOptionRom(endless).images[0]?.pcir?.deviceIds).toBeNull();
  });

  it('takes any bytes, and any damage to a real one', () => {
    const whole = romOf({ devices: [1, 2], pnp: ['A', 'B'] }, { codeType: 3 }, { codeType: 1 });
    const damaged = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 40 })
      .map((changes) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, byte] of changes) bytes[at] = byte;
        return bytes;
      });
    const headed = fc
      .uint8Array({ maxLength: 2048 })
      .map((bytes) => joined(Uint8Array.of(0x55, 0xaa), bytes));
    fc.assert(
      fc.property(fc.oneof(damaged, headed, fc.uint8Array({ maxLength: 2048 })), (bytes) => {
        const rom = parseOptionRom(bytes);
        expect(rom.images.length).toBeLessThanOrEqual(64);
        const { images } = rom;
        expect(images.every(({ offset }, index) => offset > (images[index - 1]?.offset ?? -1))).toBe(true);
        expect(images.every(({ offset }) => offset < bytes.length)).toBe(true);
        expect(kernelRomSize(bytes)).toBeLessThanOrEqual(bytes.length);
        for (const { message } of judgeRom(rom, { device: null, isShadow: true }))
          expect(message).toMatch(/^[ -~]+$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('is quick with the worst of 16 MiB, and looks at no more', () => {
    // Something at each place where an image may begin, and none of it one.
    const worst = new Uint8Array(MAX_ROM_BYTES + 1024).fill(0xff);
    for (let at = 512; at < worst.length; at += 512) worst.set([0x55, 0xaa, 0xff], at);
    worst.set(romImage(), MAX_ROM_BYTES);
    const took = cpuTimeMs(() => {
      expect(parseOptionRom(worst)).toMatchObject({ sizeBytes: MAX_ROM_BYTES, startsAt: null });
    });
    expect(took).toBeLessThan(5000);
  });
});

describe('judgeRom', () => {
  const DEVICE = { vendorId: '8086', deviceId: '10d3', classCode: '020000' };
  const codes = (bytes: Uint8Array, device: typeof DEVICE | null, isShadow = false) =>
    judgeRom(parseOptionRom(bytes), { device, isShadow }).map(({ level, code }) => `${level} ${code}`);

  it('says whether it is for a device: by its ids, by its list, in part, or not', () => {
    expect(codes(romOf({}, { codeType: 3 }), DEVICE)).toEqual(['ok matches', 'ok efi', 'ok legacy']);
    const listed = romOf({ device: 0x1234, devices: [0x10d3] }, { codeType: 3 });
    expect(codes(listed, DEVICE)).toContain('ok matches');
    expect(codes(romOf({}, { codeType: 3, device: 0x1234 }), DEVICE)).toContain('warns matches-in-part');
    expect(codes(romOf({ vendor: 0x10de }), DEVICE)).toContain('bad other-device');
    expect(codes(romOf({ vendor: 0, device: 0 }), DEVICE)).toContain('warns device-unknown');
  });

  it('takes one for any device of its maker', () => {
    const any = romOf({ device: 0xffff }, { codeType: 3, device: 0xffff });
    expect(codes(any, DEVICE)).toContain('ok matches');
    expect(codes(romOf({ device: 0x1234, devices: [0xffff] }, { codeType: 3 }), DEVICE)).toContain(
      'ok matches',
    );
    expect(codes(any, { ...DEVICE, vendorId: '1002' })).toContain('bad other-device');
    expect(codes(romOf({ vendor: 0xffff, device: 0xffff }), DEVICE)).toContain('warns device-unknown');
  });

  it('warns of one for another device of the maker that some firmware runs all the same', () => {
    const uefi = romOf({ codeType: 3, device: 0x1638, vendor: 0x1002 });
    const radeon = { vendorId: '1002', deviceId: '1637', classCode: '040300' };
    expect(codes(uefi, radeon)).toContain('warns other-device-id');
    expect(codes(romOf({ device: 0x1638, vendor: 0x1002 }), radeon)).toContain('bad other-device');
    const bios = romOf({ device: 0x0406 });
    expect(codes(bios, { ...DEVICE, classCode: '030000' })).toContain('warns other-device-id');
    expect(codes(bios, DEVICE)).toContain('bad other-device');
  });

  it('says what a guest lacks, by what the device is', () => {
    const display = judgeRom(parseOptionRom(romOf({ classCode: 0x030000 })), ALONE);
    expect(display.find(({ code }) => code === 'no-efi')?.message).toBe(
      'has no image for UEFI: a guest with OVMF shows no picture until the guest loads its driver',
    );
    expect(codes(romOf({ codeType: 3, machine: 0xaa64 }), null)).toEqual([
      'warns efi-machine',
      'warns no-legacy',
    ]);
  });

  it('says of a copy in memory that it is one', () => {
    expect(codes(romOf({ checksum: 'wrong' }), null, true).slice(0, 2)).toEqual([
      'warns shadow',
      'bad checksum',
    ]);
  });
});

describe('kernelRomSize', () => {
  it('ends behind the last image that the kernel finds, and is 0 where it finds none', () => {
    const rest = new Uint8Array(1024).fill(0xff);
    expect(kernelRomSize(joined(romOf({}, { codeType: 3 }), rest))).toBe(2048);
    expect(kernelRomSize(joined(romImage({ isLast: false }), rest))).toBe(1024);
    expect(kernelRomSize(rest)).toBe(0);
    expect(kernelRomSize(romImage({ units: 4 }).subarray(0, 1024))).toBe(1024);
  });
});
