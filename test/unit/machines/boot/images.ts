/** A 64-bit ELF file with sections and notes, as small as it can be. */
export function elfFile({
  machine = 62,
  modinfo = '',
  note = null,
}: {
  readonly machine?: number;
  readonly modinfo?: string;
  readonly note?: { readonly name: string; readonly type: number } | null;
}): Uint8Array {
  const names = '\0.modinfo\0.shstrtab\0';
  const info = Buffer.from(modinfo, 'latin1');
  const notes = note === null ? Buffer.alloc(0) : noteBytes(note.name, note.type);
  const notesAt = 64 + 56;
  const infoAt = notesAt + notes.length;
  const namesAt = infoAt + info.length;
  const sectionsAt = namesAt + names.length;
  const file = Buffer.alloc(sectionsAt + 3 * 64);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(machine, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeBigUInt64LE(BigInt(sectionsAt), 40);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt16LE(64, 58);
  file.writeUInt16LE(3, 60);
  file.writeUInt16LE(2, 62);
  file.writeUInt32LE(4, 64);
  file.writeBigUInt64LE(BigInt(notesAt), 72);
  file.writeBigUInt64LE(BigInt(notes.length), 96);
  file.set(notes, notesAt);
  file.set(info, infoAt);
  file.write(names, namesAt, 'latin1');
  const section = (index: number, name: number, at: number, size: number): void => {
    const head = sectionsAt + index * 64;
    file.writeUInt32LE(name, head);
    file.writeUInt32LE(1, head + 4);
    file.writeBigUInt64LE(BigInt(at), head + 24);
    file.writeBigUInt64LE(BigInt(size), head + 32);
  };
  section(1, 1, infoAt, info.length);
  section(2, 10, namesAt, names.length);
  return new Uint8Array(file);
}

function noteBytes(name: string, type: number): Buffer {
  const bytes = Buffer.alloc(12 + 4 + 8);
  bytes.writeUInt32LE(name.length + 1, 0);
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt32LE(type, 8);
  bytes.write(name, 12, 'latin1');
  return bytes;
}

export const PVH_NOTE = { name: 'Xen', type: 18 };

/** A compressed kernel: the header, with a payload. */
export function bzImage(payload: Uint8Array, version = '6.1.0-test'): Uint8Array {
  const setup = 2 * 512;
  const file = Buffer.alloc(setup + payload.length);
  file[0x1f1] = 1;
  file.writeUInt16LE(0xaa55, 0x1fe);
  file.write('HdrS', 0x202, 'latin1');
  file.writeUInt16LE(0x020f, 0x206);
  file.writeUInt16LE(0x100, 0x20e);
  file.writeUInt32LE(0, 0x248);
  file.writeUInt32LE(payload.length, 0x24c);
  file.write(`${version} (who) #1\0`, 0x300, 'latin1');
  file.set(payload, setup);
  return new Uint8Array(file);
}

/** The header of a qcow2 image. */
export function qcow2Image({
  backing = '',
  incompatible = 0n,
}: {
  readonly backing?: string;
  readonly incompatible?: bigint;
} = {}): Uint8Array {
  const file = Buffer.alloc(1024);
  file.writeUInt32BE(0x514649fb, 0);
  file.writeUInt32BE(3, 4);
  file.writeBigUInt64BE(backing === '' ? 0n : 512n, 8);
  file.writeUInt32BE(backing.length, 16);
  file.writeBigUInt64BE(2n ** 30n, 24);
  file.writeBigUInt64BE(incompatible, 72);
  file.write(backing, 512, 'latin1');
  return new Uint8Array(file);
}
