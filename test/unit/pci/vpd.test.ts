import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BROKEN } from '../../../lib/base/known.ts';
import { parseVpd } from '../../../lib/pci/config/vpd.ts';

const ascii = (raw: string): number[] => Array.from(raw, (character) => character.charCodeAt(0));
const large = (tag: number, data: readonly number[]): number[] => [
  tag,
  data.length & 0xff,
  data.length >> 8,
  ...data,
];
const field = (keyword: string, raw: string): number[] => [...ascii(keyword), raw.length, ...ascii(raw)];
const END = 0x78;

function card(options: { checksum?: number; filler?: number } = {}): Uint8Array {
  const name = large(0x82, ascii('Dual-Port 25GbE Adapter  '));
  const readOnly = (sum: number) =>
    large(0x90, [
      ...field('PN', 'MBF2H332A-AEEOT '),
      ...field('SN', 'MT2113X00000\0\0'),
      ...field('V0', 'PCIeGen4 x8'),
      ...[...ascii('RV'), 2, sum, options.filler ?? 0],
    ]);
  const upToSum = [...name, ...readOnly(0)].slice(0, -1);
  const sum = -upToSum.reduce((total, byte) => total + byte, 0) & 0xff;
  const writable = large(0x91, [
    ...field('YA', 'rack 7'),
    ...field('V0', 'mine'),
    ...field('RW', '\0\0\0\0'),
  ]);
  return Uint8Array.from([...name, ...readOnly(options.checksum ?? sum), ...writable, END, 0xaa, 0xbb]);
}

describe('parseVpd', () => {
  it('reads the name and the fields of both areas', () => {
    expect(parseVpd(card())).toEqual({
      productName: 'Dual-Port 25GbE Adapter',
      fields: { PN: 'MBF2H332A-AEEOT', SN: 'MT2113X00000', V0: 'PCIeGen4 x8' },
      writableFields: { YA: 'rack 7', V0: 'mine' },
      serial: 'MT2113X00000',
      partNumber: 'MBF2H332A-AEEOT',
      problems: [],
    });
  });

  it('counts the first byte of RV into the checksum, and not the filler after it', () => {
    expect(parseVpd(card({ filler: 0x5a })).problems).toEqual([]);
  });

  it('keeps fields whose checksum is wrong, and says so', () => {
    const right = card();
    const wrong = card({ checksum: 0x01 });
    expect(right).not.toEqual(wrong);
    const vpd = parseVpd(wrong);
    expect(vpd.serial).toBe('MT2113X00000');
    expect(vpd.problems).toEqual(['The checksum does not match: some of these fields may be wrong.']);
  });

  it('has null for a field that a whole card lacks', () => {
    const vpd = parseVpd(Uint8Array.from([...large(0x82, ascii('x')), END]));
    expect(vpd).toMatchObject({ productName: 'x', serial: null, partNumber: null, problems: [] });
  });

  it('keeps the first of two equal keywords', () => {
    const vpd = parseVpd(
      Uint8Array.from([...large(0x90, [...field('SN', 'one'), ...field('SN', 'two')]), END]),
    );
    expect(vpd.serial).toBe('one');
  });

  it('skips items it does not know', () => {
    const bytes = [0x0a, 1, 2, ...large(0x85, [9, 9]), ...large(0x90, field('SN', 'one')), END];
    expect(parseVpd(Uint8Array.from(bytes))).toMatchObject({ serial: 'one', problems: [] });
  });

  it.each([
    ['empty', [], 'It has no bytes.'],
    ['zeros', [0, 0, 0, 0], 'There is no item at 0: it reads 00.'],
    ['ones', [0xff, 0xff], 'There is no item at 0: it reads ff.'],
    ['no end item', large(0x82, []), 'The last byte comes before the end item.'],
    ['a cut length', [0x82, 1], 'The item at 0 runs past the last byte.'],
    ['a cut name', [0x82, 9, 0, 0x41], 'The item at 0 runs past the last byte.'],
    [
      'a field longer than its item',
      [...large(0x90, [0x53, 0x4e, 9, 1]), END],
      'The field at 3 runs past the end of its item.',
    ],
    [
      'a cut field header',
      [...large(0x90, [0x53, 0x4e]), END],
      'The field at 3 runs past the end of its item.',
    ],
    [
      'a keyword of control characters',
      [...large(0x90, [1, 2, 0]), END],
      'The field at 3 has no keyword of two letters or digits.',
    ],
    ['an empty checksum', [...large(0x90, field('RV', '')), END], 'The checksum is empty.'],
  ])('names what is wrong: %s', (_, bytes, problem) => {
    const vpd = parseVpd(Uint8Array.from(bytes));
    expect(vpd.problems).toEqual([problem]);
    expect(vpd.serial).toBe(BROKEN);
    expect(vpd.partNumber).toBe(BROKEN);
  });

  it('keeps what comes before the cut, wherever a card is cut', () => {
    const whole = card();
    const end = whole.length - 3;
    for (let size = 0; size <= end; size += 1) {
      const vpd = parseVpd(whole.subarray(0, size));
      expect(vpd.problems, `${size} bytes`).not.toEqual([]);
      expect([BROKEN, 'Dual-Port 25GbE Adapter']).toContain(vpd.productName);
      expect([BROKEN, 'MT2113X00000']).toContain(vpd.serial);
      expect([BROKEN, 'MBF2H332A-AEEOT']).toContain(vpd.partNumber);
    }
  });

  it('takes any bytes', () => {
    const items = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc
          .tuple(fc.constantFrom(0x82, 0x90, 0x91), fc.uint8Array({ maxLength: 300 }))
          .map(([tag, data]) => Uint8Array.from(large(tag, [...data]))),
        fc
          .array(fc.tuple(fc.constantFrom('SN', 'PN', 'RV', 'RW', '__'), fc.string({ maxLength: 9 })))
          .map((list) =>
            Uint8Array.from(
              large(
                0x90,
                list.flatMap(([keyword, raw]) => field(keyword, raw)),
              ),
            ),
          ),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(items, (list) => {
        const bytes = Uint8Array.from(list.flatMap((item) => [...item]));
        const vpd = parseVpd(bytes);
        const fields = [...Object.entries(vpd.fields), ...Object.entries(vpd.writableFields)];
        expect(fields.flat().join('').length).toBeLessThanOrEqual(bytes.length);
        expect(vpd.problems.length).toBeLessThanOrEqual(bytes.length + 1);
        if (vpd.problems.length === 0) expect([null, vpd.fields['SN']]).toContain(vpd.serial);
      }),
    );
  });

  it('reads no more than the 32 KiB that an address of VPD can reach', () => {
    const bytes = Uint8Array.from({ length: 0x9000 }, () => 0x08);
    bytes[0x8800] = END;
    expect(parseVpd(bytes).problems).toEqual(['The last byte comes before the end item.']);
  });
});
