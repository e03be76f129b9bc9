import { hex } from '../config/registers.ts';

/** The target of an image, by the code type of its PCI data structure; `other` for unknown types. */
type ImageKind = 'legacy' | 'open-firmware' | 'hp-pa-risc' | 'efi' | 'other';

/** One image of an option ROM. */
export interface OptionRomImage {
  /** The offset in the data. */
  readonly offset: number;
  /** The length in its header, 0 if there is none; it is larger than the data if the image is incomplete. */
  readonly sizeBytes: number;
  readonly isCut: boolean;
  readonly kind: ImageKind;
  /** `null` if it has none, as images for ISA: the device is then unknown. */
  readonly pcir: PciDataStructure | null;
  /** Only for an image for a BIOS. */
  readonly legacy: LegacyHeader | null;
  /** Only for an image for UEFI. */
  readonly efi: EfiHeader | null;
}

/** The PCI data structure of an image (`PCIR`). Ids are lowercase hex. */
export interface PciDataStructure {
  /** The offset in the image. */
  readonly offset: number;
  /** 0, or 3 since PCI Firmware 3.0. */
  readonly revision: number;
  readonly sizeBytes: number;
  readonly vendorId: string;
  readonly deviceId: string;
  /** Other devices that it supports; `null` if it has no such list, as before revision 3. */
  readonly deviceIds: readonly string[] | null;
  /** Six digits: `030000`. */
  readonly classCode: string;
  readonly codeType: number;
  /** The revision of the code. */
  readonly codeRevision: number;
  /** Whether it is marked as the last image. */
  readonly isLast: boolean;
  /** The maximum memory after initialization; `null` if it is not given, as before revision 3. */
  readonly maxRuntimeBytes: number | null;
}

/** The fields in the header of an image for a BIOS. */
export interface LegacyHeader {
  /** The size of the loaded part, which the checksum covers. */
  readonly sizeBytes: number;
  /** Whether its bytes add up to 0, as a BIOS requires; `cut` if they are incomplete. */
  readonly checksum: 'right' | 'wrong' | 'cut';
  readonly pnp: PnpHeader | null;
}

/** The expansion header of Plug and Play (`$PnP`). Texts are copied from the image, not escaped. */
interface PnpHeader {
  readonly checksum: 'right' | 'wrong';
  readonly manufacturer: string | null;
  readonly product: string | null;
}

/** The fields in the header of an image for UEFI. */
export interface EfiHeader {
  /** Whether it has the signature that UEFI requires. */
  readonly hasSignature: boolean;
  /** `application`, `boot-service-driver`, `runtime-driver`, or the number in hex. */
  readonly subsystem: string;
  /** The processor: `x64`, `ia32`, `aarch64`, …, or the number in hex. */
  readonly machine: string;
  /** `none`, `efi`, or the number in hex. */
  readonly compression: string;
  /** The offset of the program in the image. */
  readonly programOffset: number;
  /**
   * Whether the data there looks like a program (`MZ`); `null` if that cannot be checked, because it is compressed or
   * incomplete.
   */
  readonly hasProgram: boolean | null;
}

const UNIT_BYTES = 512;
const PCIR_SIGNATURE = 0x52494350;
const PNP_SIGNATURE = 0x506e5024;
const EFI_SIGNATURE = 0x0ef1;
const DOS_SIGNATURE = 0x5a4d;
/** Up to and including the indicator. */
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

/** Two bytes, low byte first; 0 if they are missing. */
export function readWord(data: Uint8Array, at: number): number {
  return (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8);
}

function readDouble(data: Uint8Array, at: number): number {
  return (readWord(data, at) | (readWord(data, at + 2) << 16)) >>> 0;
}

/** Parses the image at the offset of its signature. Accepts any bytes and never throws. */
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

/**
 * The PCI data structure of the image at the start of the bytes, with the length of the image; `null` if it has none.
 */
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

/** The list ends with a zero. Its pointer is relative to the structure, and 0 if there is no list. */
function parseDeviceIds(image: Uint8Array, pcirOffset: number, pointer: number): readonly string[] | null {
  if (pointer === 0) return null;
  const ids: string[] = [];
  for (let at = pcirOffset + pointer; at + 2 <= image.length && ids.length < MAX_DEVICE_IDS; at += 2) {
    const id = readWord(image, at);
    if (id === 0) return ids;
    ids.push(hex(id, 4));
  }
  // The list has no end, so these bytes are not ids.
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

/** Text up to a zero; `null` if there is none, or no zero nearby. */
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
