/** The header of a qcow2 image, as far as it makes QEMU open other files. */
export interface Qcow2Header {
  readonly version: number;
  /** The size that a guest sees. */
  readonly virtualBytes: number;
  /** The file that it is a layer over, as text of the image; `null` if it is complete. */
  readonly rawBackingFile: string | null;
  /** Whether its data are in another file. */
  readonly hasDataFile: boolean;
  readonly isEncrypted: boolean;
}

const MAGIC = 0x514649fb;
const MAX_NAME_BYTES = 1023;
const DATA_FILE_BIT = 4n;

/**
 * Reads the header of a qcow2 image; `null` if it is none.
 *
 * https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.rst
 */
export function readQcow2(bytes: Uint8Array): Qcow2Header | null {
  if (bytes.length < 72) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== MAGIC) return null;
  const version = view.getUint32(4);
  const nameAt = view.getBigUint64(8);
  const nameBytes = Math.min(view.getUint32(16), MAX_NAME_BYTES);
  const incompatible = version >= 3 && bytes.length >= 80 ? view.getBigUint64(72) : 0n;
  return {
    version,
    virtualBytes: Number(view.getBigUint64(24)),
    rawBackingFile: nameAt === 0n ? null : nameIn(bytes, Number(nameAt), nameBytes),
    hasDataFile: (incompatible & DATA_FILE_BIT) !== 0n,
    isEncrypted: view.getUint32(32) !== 0,
  };
}

/** A name outside of the read bytes is one all the same. */
function nameIn(bytes: Uint8Array, at: number, length: number): string {
  return new TextDecoder('latin1').decode(bytes.subarray(at, at + length));
}
