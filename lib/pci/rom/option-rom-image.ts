import { hex } from '../config/registers.ts';

/** Who an image is for, by the code type of its PCI data structure; `other` for what the specifications do not know. */
type ImageKind = 'legacy' | 'open-firmware' | 'hp-pa-risc' | 'efi' | 'other';

/** One image of an option ROM. */
export interface OptionRomImage {
  /** Where it begins, in bytes from the beginning of what was read. */
  readonly offset: number;
  /** Its length as it says itself, 0 where it says none; more than is there where it was cut off. */
  readonly sizeBytes: number;
  readonly isCut: boolean;
  readonly kind: ImageKind;
  /** `null` where it has none, as images for ISA: then nothing tells which device it is for. */
  readonly pcir: PciDataStructure | null;
  /** Of an image for a BIOS alone. */
  readonly legacy: LegacyHeader | null;
  /** Of an image for UEFI alone. */
  readonly efi: EfiHeader | null;
}

/** The PCI data structure of an image (`PCIR`). Ids are lower-case hex. */
export interface PciDataStructure {
  /** From the beginning of the image. */
  readonly offset: number;
  /** 0, or 3 since PCI Firmware 3.0. */
  readonly revision: number;
  readonly sizeBytes: number;
  readonly vendorId: string;
  readonly deviceId: string;
  /** Other devices that it is for; `null` where it has no such list, as before revision 3. */
  readonly deviceIds: readonly string[] | null;
  /** Six digits: `030000`. */
  readonly classCode: string;
  readonly codeType: number;
  /** The maker's number of the code. */
  readonly codeRevision: number;
  /** Whether it says that no image follows. */
  readonly isLast: boolean;
  /** The most that it keeps of memory once it is initialized; `null` where it does not say, as before revision 3. */
  readonly maxRuntimeBytes: number | null;
}

/** The fields in the header of an image for a BIOS. */
export interface LegacyHeader {
  /** How much of it is loaded, and checked. */
  readonly sizeBytes: number;
  /** Whether its bytes add up to 0, as a BIOS demands; `cut` where they are not all there. */
  readonly checksum: 'right' | 'wrong' | 'cut';
  readonly pnp: PnpHeader | null;
}

/** The expansion header of Plug and Play (`$PnP`). Texts are as the image has them, not escaped. */
interface PnpHeader {
  readonly checksum: 'right' | 'wrong';
  readonly manufacturer: string | null;
  readonly product: string | null;
}

/** The fields in the header of an image for UEFI. */
export interface EfiHeader {
  /** Whether it has the signature that UEFI demands. */
  readonly hasSignature: boolean;
  /** `application`, `boot-service-driver`, `runtime-driver`, or the number in hex. */
  readonly subsystem: string;
  /** For which processors: `x64`, `ia32`, `aarch64`, …, or the number in hex. */
  readonly machine: string;
  /** `none`, `efi`, or the number in hex. */
  readonly compression: string;
  /** Where the program begins, from the beginning of the image. */
  readonly programOffset: number;
  /** Whether it looks like one there (`MZ`); `null` where that can't be seen: it is compressed, or cut off. */
  readonly hasProgram: boolean | null;
}

const UNIT_BYTES = 512;
const PCIR_SIGNATURE = 0x52494350;
const PNP_SIGNATURE = 0x506e5024;
const EFI_SIGNATURE = 0x0ef1;
const DOS_SIGNATURE = 0x5a4d;
/** Up to and with the indicator. */
const LEAST_PCIR_BYTES = 0x16;
const MAX_DEVICE_IDS = 256;
const MAX_TEXT_BYTES = 128;

const KINDS: readonly ImageKind[] = ['legacy', 'open-firmware', 'hp-pa-risc', 'efi'];

const SUBSYSTEMS: ReadonlyMap<number, string> = new Map([
  [10, 'application'],
  [11, 'boot-service-driver'],
  [12, 'runtime-driver'],
]);

// UEFI Specification 2.10, 2.1.1 and 2.3.
const MACHINES: ReadonlyMap<number, string> = new Map([
  [0x014c, 'ia32'],
  [0x01c2, 'arm'],
  [0x0200, 'ia64'],
  [0x0ebc, 'ebc'],
  [0x5032, 'riscv32'],
  [0x5064, 'riscv64'],
  [0x6264, 'loongarch64'],
  [0x8664, 'x64'],
  [0xaa64, 'aarch64'],
]);

const COMPRESSIONS: ReadonlyMap<number, string> = new Map([
  [0, 'none'],
  [1, 'efi'],
]);

/** Two bytes, the low one first; 0 where they are not there. */
export function readWord(data: Uint8Array, at: number): number {
  return (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8);
}

function readDouble(data: Uint8Array, at: number): number {
  return (readWord(data, at) | (readWord(data, at + 2) << 16)) >>> 0;
}

/** Reads the image that begins at an offset, where its signature is. Takes any bytes and never throws. */
export function parseImage(data: Uint8Array, offset: number): OptionRomImage {
  const from = data.subarray(offset);
  const pcir = parsePcir(from);
  const kind = pcir === null ? 'legacy' : (KINDS[pcir.structure.codeType] ?? 'other');
  const loadedBytes = (from[2] ?? 0) * UNIT_BYTES;
  const sizeBytes = pcir === null ? loadedBytes : pcir.imageBytes;
  return {
    offset,
    sizeBytes,
    isCut: sizeBytes > from.length,
    kind,
    pcir: pcir?.structure ?? null,
    legacy: kind === 'legacy' ? parseLegacy(from, loadedBytes) : null,
    efi: kind === 'efi' ? parseEfi(from, sizeBytes) : null,
  };
}

/** The PCI data structure of the image that bytes begin with, and the length of the image by it; `null` where it has none. */
export function parsePcir(
  image: Uint8Array,
): { readonly structure: PciDataStructure; readonly imageBytes: number } | null {
  const offset = readWord(image, 0x18);
  if (offset + LEAST_PCIR_BYTES > image.length || readDouble(image, offset) !== PCIR_SIGNATURE) return null;
  const revision = image[offset + 0x0c] ?? 0;
  const hasMore = revision >= 3 && offset + 0x18 <= image.length;
  const [low = 0, middle = 0, high = 0] = image.subarray(offset + 0x0d, offset + 0x10);
  const structure: PciDataStructure = {
    offset,
    revision,
    sizeBytes: readWord(image, offset + 0x0a),
    vendorId: hex(readWord(image, offset + 0x04), 4),
    deviceId: hex(readWord(image, offset + 0x06), 4),
    deviceIds: revision >= 3 ? parseDeviceIds(image, offset, readWord(image, offset + 0x08)) : null,
    classCode: [high, middle, low].map((byte) => hex(byte, 2)).join(''),
    codeType: image[offset + 0x14] ?? 0,
    codeRevision: readWord(image, offset + 0x12),
    isLast: ((image[offset + 0x15] ?? 0) & 0x80) !== 0,
    maxRuntimeBytes: hasMore ? readWord(image, offset + 0x16) * UNIT_BYTES : null,
  };
  return { structure, imageBytes: readWord(image, offset + 0x10) * UNIT_BYTES };
}

/** The list ends with a zero; its pointer counts from the beginning of the structure, and is 0 where there is none. */
function parseDeviceIds(image: Uint8Array, pcirOffset: number, pointer: number): readonly string[] | null {
  if (pointer === 0) return null;
  const ids: string[] = [];
  for (let at = pcirOffset + pointer; at + 2 <= image.length && ids.length < MAX_DEVICE_IDS; at += 2) {
    const id = readWord(image, at);
    if (id === 0) return ids;
    ids.push(hex(id, 4));
  }
  // It has no end: what was taken for ids is something else.
  return null;
}

function parseLegacy(image: Uint8Array, sizeBytes: number): LegacyHeader {
  const isWhole = sizeBytes <= image.length;
  const isRight = sizeBytes > 0 && addsUp(image.subarray(0, sizeBytes));
  return { sizeBytes, checksum: isWhole ? (isRight ? 'right' : 'wrong') : 'cut', pnp: parsePnp(image) };
}

function parsePnp(image: Uint8Array): PnpHeader | null {
  const at = readWord(image, 0x1a);
  const length = (image[at + 5] ?? 0) * 16;
  if (at === 0 || at + length > image.length || readDouble(image, at) !== PNP_SIGNATURE) return null;
  return {
    checksum: length > 0 && addsUp(image.subarray(at, at + length)) ? 'right' : 'wrong',
    manufacturer: textAt(image, readWord(image, at + 0x0e)),
    product: textAt(image, readWord(image, at + 0x10)),
  };
}

function addsUp(bytes: Uint8Array): boolean {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) & 0xff;
  return sum === 0;
}

/** Text up to a zero; `null` where there is none, or no end of it in sight. */
function textAt(image: Uint8Array, at: number): string | null {
  const bytes = image.subarray(at, at + MAX_TEXT_BYTES);
  const end = bytes.indexOf(0);
  if (at === 0 || end <= 0) return null;
  return Array.from(bytes.subarray(0, end), (byte) => String.fromCharCode(byte)).join('');
}

function parseEfi(image: Uint8Array, sizeBytes: number): EfiHeader {
  const compression = readWord(image, 0x0c);
  const programOffset = readWord(image, 0x16);
  const isThere = programOffset + 2 <= Math.min(image.length, sizeBytes);
  return {
    hasSignature: readDouble(image, 0x04) === EFI_SIGNATURE,
    subsystem: named(SUBSYSTEMS, readWord(image, 0x08)),
    machine: named(MACHINES, readWord(image, 0x0a)),
    compression: named(COMPRESSIONS, compression),
    programOffset,
    hasProgram: compression !== 0 || !isThere ? null : readWord(image, programOffset) === DOS_SIGNATURE,
  };
}

function named(names: ReadonlyMap<number, string>, value: number): string {
  return names.get(value) ?? `0x${hex(value, 4)}`;
}
