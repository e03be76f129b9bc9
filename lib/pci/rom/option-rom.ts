import { type OptionRomImage, parseImage, parsePcir, readWord } from './option-rom-image.ts';

/** The maximum size that is read: no ROM register can be larger (PCI Local Bus 3.0, 6.2.5.2). */
export const MAX_ROM_BYTES = 16 * 1024 * 1024;
/** Real ROMs have at most four. */
const MAX_IMAGES = 64;

const SIGNATURE = 0xaa55;
const UNIT_BYTES = 512;

/** The content of bytes that are not an image. */
export type Filling = 'ones' | 'zeros' | 'other';

/**
 * Why no image follows the last one that was read.
 *
 * - `last-mark`: it is marked as the last, which is correct.
 * - `no-signature`: it is not, and the data after it is not an image.
 * - `end`: it is not, and no data follows, or the data is incomplete.
 * - `no-length`: it has no length, so the next image cannot be found.
 * - `no-structure`: it is not an image of PCI, and only such an image can have successors.
 * - `too-many`: there are more than any real ROM has.
 */
type Ending = 'last-mark' | 'no-signature' | 'end' | 'no-length' | 'no-structure' | 'too-many';

/** An option ROM (expansion ROM): a sequence of code images; firmware runs the images that it supports. */
export interface OptionRom {
  /** The number of bytes that were read. */
  readonly sizeBytes: number;
  /** The offset of the first image: 0 in a correct ROM; `null` if there is none. */
  readonly startsAt: number | null;
  /** The data before the first image, all data if there is none; `null` for no data. */
  readonly before: Filling | null;
  readonly images: readonly OptionRomImage[];
  /** `null` if there is no image. */
  readonly ending: Ending | null;
  /** The data after the last image; `null` for no data. */
  readonly behind: { readonly at: number; readonly sizeBytes: number; readonly filling: Filling } | null;
}

/**
 * Parses an option ROM from a card or a file. Accepts any bytes and never throws; reads at most {@link MAX_ROM_BYTES}
 * and 64 images. A file may have data before the first image, as the tools of card makers write it: then the first
 * image is searched in steps of 512 bytes.
 *
 * Source: PCI Firmware Specification 3.3, chapter 5, and UEFI Specification 2.10, 14.4.2.
 */
export function parseOptionRom(bytes: Uint8Array): OptionRom {
  const data = bytes.subarray(0, MAX_ROM_BYTES);
  const startsAt = findFirstImage(data);
  const before = startsAt === 0 ? null : fillingOf(data.subarray(0, startsAt ?? data.length));
  const none = { sizeBytes: data.length, startsAt, before, images: [], ending: null, behind: null };
  if (startsAt === null) return none;
  const images: OptionRomImage[] = [];
  let ending: Ending = 'too-many';
  let at = startsAt;
  while (images.length < MAX_IMAGES) {
    const image = parseImage(data, at);
    images.push(image);
    const stop = endingBehind(image, data);
    at += image.sizeBytes;
    if (stop !== null) {
      ending = stop;
      break;
    }
  }
  return { ...none, images, ending, behind: rest(data, at) };
}

function findFirstImage(data: Uint8Array): number | null {
  if (readWord(data, 0) === SIGNATURE) return 0;
  for (let at = UNIT_BYTES; at + UNIT_BYTES <= data.length; at += UNIT_BYTES) {
    // At other offsets, two bytes may match by chance.
    if (readWord(data, at) === SIGNATURE && parsePcir(data.subarray(at)) !== null) return at;
  }
  return null;
}

function endingBehind(image: OptionRomImage, data: Uint8Array): Ending | null {
  if (image.pcir?.isLast === true) return 'last-mark';
  if (image.pcir === null) return 'no-structure';
  if (image.sizeBytes === 0) return 'no-length';
  const next = image.offset + image.sizeBytes;
  if (next + 2 > data.length) return 'end';
  return readWord(data, next) === SIGNATURE ? null : 'no-signature';
}

function rest(data: Uint8Array, at: number): OptionRom['behind'] {
  const sizeBytes = data.length - at;
  return sizeBytes <= 0 ? null : { at, sizeBytes, filling: fillingOf(data.subarray(at)) };
}

function fillingOf(bytes: Uint8Array): Filling {
  if (bytes.length === 0) return 'other';
  if (bytes.every((byte) => byte === 0xff)) return 'ones';
  return bytes.every((byte) => byte === 0) ? 'zeros' : 'other';
}

/**
 * The size of a ROM that the kernel returns: up to the end of the last image that it finds; 0 if it finds none, and
 * then the read fails with EIO. `drivers/pci/rom.c`, pci_get_rom_size.
 */
export function kernelRomSize(window: Uint8Array): number {
  let at = 0;
  do {
    const pcir = readWord(window, at) === SIGNATURE ? parsePcir(window.subarray(at)) : null;
    if (pcir === null) break;
    at += pcir.imageBytes;
    if (pcir.structure.isLast || pcir.imageBytes === 0) break;
  } while (at < window.length);
  return Math.min(at, window.length);
}
