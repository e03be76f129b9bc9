import { BROKEN, type Known } from '../../base/known.ts';

/** Vital product data, which the maker wrote to the card. Text is unchanged, not escaped. */
export interface Vpd {
  /** The identifier string: `Dual-Port 25GbE Adapter`. */
  readonly productName: Known<string>;
  /** The read-only fields, keyword to text: `{ PN: 'MBF2H332A', SN: 'MT2113X00000', V0: … }`. */
  readonly fields: Readonly<Record<string, string>>;
  /** The fields that the owner may write; keywords such as `V0` occur in both. */
  readonly writableFields: Readonly<Record<string, string>>;
  /** SN. */
  readonly serial: Known<string>;
  /** PN. */
  readonly partNumber: Known<string>;
  /** The errors in these bytes, one sentence each. */
  readonly problems: readonly string[];
}

const MAX_BYTES = 0x8000;
const TAG = { identifier: 0x82, readOnly: 0x90, writable: 0x91 } as const;
const END_ITEM = 0xf;

/**
 * Parses vital product data from `/sys/bus/pci/devices/ADDRESS/vpd`. Accepts any bytes and never throws. A missing
 * field is `null`, or BROKEN if damage may hide it.
 *
 * Source: PCI Local Bus Specification 3.0, appendix I, and Linux' `drivers/pci/vpd.c`.
 */
export function parseVpd(bytes: Uint8Array): Vpd {
  const data = bytes.subarray(0, MAX_BYTES);
  const problems: string[] = [];
  const fields = new Map<string, string>();
  const writableFields = new Map<string, string>();
  let productName: string | undefined;
  let isWhole = false;
  let offset = 0;

  while (offset < data.length) {
    const tag = byteAt(data, offset);
    if (tag === 0x00 || tag === 0xff) {
      problems.push(`There is no item at ${offset.toString(16)}: it reads ${tag === 0 ? '00' : 'ff'}.`);
      break;
    }
    const isLarge = tag >= 0x80;
    if (!isLarge && tag >>> 3 === END_ITEM) {
      isWhole = true;
      break;
    }
    const start = offset + (isLarge ? 3 : 1);
    const length = isLarge ? byteAt(data, offset + 1) | (byteAt(data, offset + 2) << 8) : tag & 0x7;
    const end = Math.min(start + length, data.length);
    const isCut = start + length > data.length;
    if (tag === TAG.identifier && !isCut) productName ??= text(data, start, end);
    else if (tag === TAG.readOnly) readFields(data, start, end, fields, problems);
    else if (tag === TAG.writable) readFields(data, start, end, writableFields, problems);
    if (isCut) {
      problems.push(`The item at ${offset.toString(16)} runs past the last byte.`);
      break;
    }
    offset = start + length;
  }
  if (!isWhole && problems.length === 0) {
    problems.push(data.length === 0 ? 'It has no bytes.' : 'The last byte comes before the end item.');
  }

  const missing = problems.length === 0 ? null : BROKEN;
  return {
    productName: productName ?? missing,
    fields: Object.fromEntries(fields),
    writableFields: Object.fromEntries(writableFields),
    serial: fields.get('SN') ?? missing,
    partNumber: fields.get('PN') ?? missing,
    problems,
  };
}

function byteAt(data: Uint8Array, offset: number): number {
  return data[offset] ?? 0;
}

function readFields(
  data: Uint8Array,
  start: number,
  end: number,
  fields: Map<string, string>,
  problems: string[],
): void {
  let offset = start;
  while (offset < end) {
    const at = offset.toString(16);
    const keyword = String.fromCharCode(byteAt(data, offset), byteAt(data, offset + 1));
    const valueStart = offset + 3;
    const valueEnd = valueStart + byteAt(data, offset + 2);
    if (valueStart > end || valueEnd > end) {
      problems.push(`The field at ${at} runs past the end of its item.`);
      return;
    }
    if (!/^[0-9A-Za-z]{2}$/.test(keyword)) {
      problems.push(`The field at ${at} has no keyword of two letters or digits.`);
      return;
    }
    if (keyword === 'RV') checkSum(data, valueStart, valueEnd, problems);
    // RW is the remaining space for more fields.
    else if (keyword !== 'RW' && !fields.has(keyword)) fields.set(keyword, text(data, valueStart, valueEnd));
    offset = valueEnd;
  }
}

// The first byte of RV makes the sum of all bytes up to it 0; the remaining bytes are padding.
function checkSum(data: Uint8Array, start: number, end: number, problems: string[]): void {
  if (start === end) {
    problems.push('The checksum is empty.');
    return;
  }
  const sum = data.subarray(0, start + 1).reduce((total, byte) => (total + byte) & 0xff, 0);
  if (sum !== 0) problems.push('The checksum does not match: some of these fields may be wrong.');
}

/** Makers pad with spaces and zeros. */
function text(data: Uint8Array, start: number, end: number): string {
  let last = end;
  while (last > start && (data[last - 1] === 0x00 || data[last - 1] === 0x20)) last -= 1;
  return Array.from(data.subarray(start, last), (byte) => String.fromCharCode(byte)).join('');
}
