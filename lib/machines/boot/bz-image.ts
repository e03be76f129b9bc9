import { type Compression, compressionOf } from './compression.ts';

/** A compressed kernel for x86, as distributions install it: `vmlinuz`. */
export interface BzImage {
  /** As `uname -r` prints it; `null` if the image does not have it. */
  readonly version: string | null;
  /** The position of the compressed ELF kernel; `null` if there is none, or if its compression is unknown. */
  readonly payload: {
    readonly compression: Compression;
    readonly offset: number;
    readonly length: number;
  } | null;
}

const SECTOR_BYTES = 512;
/** The header has the place of the payload since this version of the protocol. */
const PAYLOAD_PROTOCOL = 0x0208;
/** After every format but gzip, which has it itself, the build of the kernel adds the size. */
const SIZE_BYTES = 4;

/**
 * Reads the header of a compressed kernel; `null` if it is none. https://docs.kernel.org/arch/x86/boot.html
 *
 * @param bytes the whole image, or its first 64 KiB: the payload is then not known
 */
export function readBzImage(bytes: Uint8Array): BzImage | null {
  if (bytes.length < 0x260) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isImage = view.getUint16(0x1fe, true) === 0xaa55 && textAt(bytes, 0x202, 4) === 'HdrS';
  if (!isImage) return null;
  const setupSectors = bytes[0x1f1] || 4;
  return {
    version: versionOf(bytes, view),
    payload: payloadOf(bytes, view, (setupSectors + 1) * SECTOR_BYTES),
  };
}

/** `6.1.0-57-amd64 (debian-kernel@lists.debian.org) #1 SMP …`, at the offset in the header. */
function versionOf(bytes: Uint8Array, view: DataView): string | null {
  const offset = view.getUint16(0x20e, true);
  if (offset === 0) return null;
  const text = textAt(bytes, offset + SECTOR_BYTES, 128);
  return /^[\w.+~-]+/.exec(text)?.[0] ?? null;
}

function payloadOf(bytes: Uint8Array, view: DataView, start: number): BzImage['payload'] {
  if (view.getUint16(0x206, true) < PAYLOAD_PROTOCOL) return null;
  const offset = start + view.getUint32(0x248, true);
  const whole = view.getUint32(0x24c, true);
  if (whole <= SIZE_BYTES || offset + whole > bytes.length) return null;
  const compression = compressionOf(bytes.subarray(offset, offset + whole));
  if (compression === null) return null;
  return { compression, offset, length: compression === 'gzip' ? whole : whole - SIZE_BYTES };
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  const text = new TextDecoder('latin1').decode(bytes.subarray(at, at + length));
  return text.split('\0')[0] ?? '';
}
