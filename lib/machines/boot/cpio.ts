/** Something in an archive. Paths are relative, without a leading slash; their directories stand before them. */
export type ArchiveEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'character-device';
      readonly path: string;
      readonly mode: number;
      readonly device: readonly [major: number, minor: number];
    };

const TYPES = { directory: 0o040000, file: 0o100000, link: 0o120000, 'character-device': 0o020000 } as const;
const LINK_MODE = 0o777;
const MAGIC = '070701';
const TRAILER = 'TRAILER!!!';
/** Between archives, the kernel skips zeros up to a multiple of this. */
const BLOCK_BYTES = 512;

const encoder = new TextEncoder();

/**
 * An archive as the kernel unpacks it for its initramfs: cpio in the format `newc`, everything root's, no times. The same
 * entries give the same bytes.
 *
 * https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
 */
export function packArchive(entries: readonly ArchiveEntry[]): Uint8Array {
  const parts = entries.flatMap((entry, index) => partsOf(entry, index + 1));
  parts.push(...member(TRAILER, { inode: 0, mode: 0, device: [0, 0] }, new Uint8Array()));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const archive = new Uint8Array(Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES);
  let offset = 0;
  for (const part of parts) {
    archive.set(part, offset);
    offset += part.length;
  }
  return archive;
}

function partsOf(entry: ArchiveEntry, inode: number): readonly Uint8Array[] {
  const mode = TYPES[entry.kind] | (entry.kind === 'link' ? LINK_MODE : entry.mode);
  const device = entry.kind === 'character-device' ? entry.device : ([0, 0] as const);
  return member(entry.path, { inode, mode, device }, contentOf(entry));
}

function contentOf(entry: ArchiveEntry): Uint8Array {
  if (entry.kind === 'file') return entry.content;
  return entry.kind === 'link' ? encoder.encode(entry.target) : new Uint8Array();
}

interface Header {
  readonly inode: number;
  readonly mode: number;
  readonly device: readonly [major: number, minor: number];
}

function member(path: string, { inode, mode, device }: Header, content: Uint8Array): readonly Uint8Array[] {
  const name = encoder.encode(`${path}\0`);
  const links = 1;
  const owner = [0, 0];
  const time = 0;
  const ownDevice = [0, 0];
  const checksum = 0;
  const fields = [
    ...[inode, mode, ...owner, links, time, content.length],
    ...[...ownDevice, ...device, name.length, checksum],
  ];
  const header = encoder.encode(MAGIC + fields.map((field) => hexadecimal(field)).join(''));
  return [header, name, padding(header.length + name.length), content, padding(content.length)];
}

function hexadecimal(field: number): string {
  if (field > 0xffffffff) throw new RangeError('a member of an archive has less than 4 GiB');
  return field.toString(16).padStart(8, '0');
}

function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}
