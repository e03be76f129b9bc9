/** A 64-bit little-endian ELF file, as far as kernels and modules need it. */
export interface ElfFile {
  /** `x86_64`, `aarch64`, or the number of the machine. */
  readonly machine: string;
  readonly segments: readonly ElfSegment[];
  readonly sections: readonly ElfSection[];
}

interface ElfSegment {
  readonly type: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

interface ElfSection {
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

const MAGIC = [0x7f, 0x45, 0x4c, 0x46, 2, 1];
const HEADER_BYTES = 64;
const MACHINES: Readonly<Record<number, string>> = { 62: 'x86_64', 183: 'aarch64' };
const NOTE_SEGMENT = 4;
/** The note with the address at which a hypervisor starts a kernel (PVH). */
const PVH_NOTE = { name: 'Xen', type: 18 };

/** Reads an ELF file; `null` if it is none, or is damaged. */
export function readElf(bytes: Uint8Array): ElfFile | null {
  if (bytes.length < HEADER_BYTES || MAGIC.some((byte, index) => bytes[index] !== byte)) return null;
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const machine = view.getUint16(18, true);
    const sections = readSections(view, bytes);
    return { machine: MACHINES[machine] ?? String(machine), segments: readSegments(view), sections };
  } catch (error) {
    // An offset of it lies outside.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Whether a kernel has the entry by which QEMU starts it without its compressed form (PVH). */
export function hasPvhEntry(bytes: Uint8Array): boolean {
  const elf = readElf(bytes);
  if (elf === null) return false;
  return elf.segments
    .filter(({ type }) => type === NOTE_SEGMENT)
    .some(({ offset, sizeBytes }) => hasNote(bytes.subarray(offset, offset + sizeBytes)));
}

function readSegments(view: DataView): readonly ElfSegment[] {
  const table = offsetAt(view, 32);
  const size = view.getUint16(54, true);
  return Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const at = table + index * size;
    const segment = {
      type: view.getUint32(at, true),
      offset: offsetAt(view, at + 8),
      sizeBytes: offsetAt(view, at + 32),
    };
    demandInside(view, segment);
    return segment;
  });
}

function readSections(view: DataView, bytes: Uint8Array): readonly ElfSection[] {
  const table = offsetAt(view, 40);
  const size = view.getUint16(58, true);
  const raw = Array.from({ length: view.getUint16(60, true) }, (_, index) => {
    const at = table + index * size;
    return {
      name: view.getUint32(at, true),
      type: view.getUint32(at + 4, true),
      offset: offsetAt(view, at + 24),
      sizeBytes: offsetAt(view, at + 32),
    };
  });
  const names = raw[view.getUint16(62, true)];
  if (names === undefined) return [];
  demandInside(view, names);
  // A section without bits, such as .bss, has a size but no bytes.
  const held = raw.filter(({ type }) => type !== 0 && type !== 8);
  return held.map(({ name, offset, sizeBytes }) => {
    demandInside(view, { offset, sizeBytes });
    return { name: textAt(bytes, names.offset + name), offset, sizeBytes };
  });
}

function hasNote(notes: Uint8Array): boolean {
  const view = new DataView(notes.buffer, notes.byteOffset, notes.byteLength);
  let at = 0;
  while (at + 12 <= notes.length) {
    const nameBytes = view.getUint32(at, true);
    const isPvh = view.getUint32(at + 8, true) === PVH_NOTE.type;
    if (isPvh && textAt(notes, at + 12) === PVH_NOTE.name) return true;
    at += 12 + aligned(nameBytes) + aligned(view.getUint32(at + 4, true));
  }
  return false;
}

function aligned(length: number): number {
  return Math.ceil(length / 4) * 4;
}

function offsetAt(view: DataView, at: number): number {
  const offset = view.getBigUint64(at, true);
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError('an offset outside the file');
  return Number(offset);
}

function demandInside(view: DataView, part: { readonly offset: number; readonly sizeBytes: number }): void {
  if (part.offset + part.sizeBytes > view.byteLength) throw new RangeError('a part outside the file');
}

/** The text up to a NUL; of at most 256 bytes. */
function textAt(bytes: Uint8Array, at: number): string {
  const part = bytes.subarray(at, at + 256);
  const end = part.indexOf(0);
  return new TextDecoder('latin1').decode(end < 0 ? part : part.subarray(0, end));
}
