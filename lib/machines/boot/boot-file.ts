import { readBzImage } from './bz-image.ts';
import { type Compression, compressionOf } from './compression.ts';
import { readElf } from './elf.ts';
import { type Qcow2Header, readQcow2 } from './qcow2.ts';

/** The kind of a file, by its content. */
export type BootFileKind =
  | { readonly kind: 'bz-image'; readonly version: string | null }
  | { readonly kind: 'elf'; readonly machine: string }
  | { readonly kind: 'arm64-image' }
  | { readonly kind: 'initramfs'; readonly compression: Compression | null }
  | { readonly kind: 'iso' }
  | { readonly kind: 'qcow2'; readonly header: Qcow2Header }
  | { readonly kind: 'raw-disk'; readonly holds: string }
  | { readonly kind: 'debian-package' }
  /** A disk image that QEMU reads, but only after it is converted. */
  | { readonly kind: 'foreign-disk'; readonly format: string };

/** How many bytes from the beginning of a file {@link recogniseBootFile} needs. */
export const HEAD_BYTES = 128 * 1024;

type Recognise = (head: Uint8Array) => BootFileKind | null;

/** The most certain first: a hybrid ISO has a partition table as well, and so does a kernel. */
const RECOGNISERS: readonly Recognise[] = [
  (head) => {
    const image = readBzImage(head);
    return image === null ? null : { kind: 'bz-image', version: image.version };
  },
  (head) => (hasText(head, 0, '\x7fELF') ? { kind: 'elf', machine: machineOf(head) } : null),
  (head) => (hasText(head, 56, 'ARMd') ? { kind: 'arm64-image' } : null),
  (head) => (hasText(head, 0, '!<arch>\ndebian-binary') ? { kind: 'debian-package' } : null),
  (head) => {
    const header = readQcow2(head);
    return header === null ? null : { kind: 'qcow2', header };
  },
  (head) => (/^07070[12]/.test(textAt(head, 0, 6)) ? { kind: 'initramfs', compression: null } : null),
  (head) => {
    const compression = compressionOf(head);
    return compression === null ? null : { kind: 'initramfs', compression };
  },
  (head) => (hasText(head, 0x8001, 'CD001') ? { kind: 'iso' } : null),
  (head) => {
    const found = FOREIGN.find(({ at, text }) => hasText(head, at, text));
    return found === undefined ? null : { kind: 'foreign-disk', format: found.format };
  },
  (head) => {
    const found = RAW.find(({ at, text }) => hasText(head, at, text));
    return found === undefined ? null : { kind: 'raw-disk', holds: found.holds };
  },
];

const FOREIGN = [
  { at: 0, text: 'KDMV', format: 'vmdk' },
  { at: 0, text: '# Disk DescriptorFile', format: 'vmdk' },
  { at: 64, text: '\x7f\x10\xda\xbe', format: 'vdi' },
  { at: 0, text: 'vhdxfile', format: 'vhdx' },
  { at: 0, text: 'conectix', format: 'vpc' },
  { at: 0, text: 'QED\0', format: 'qed' },
];

const RAW = [
  { at: 512, text: 'EFI PART', holds: 'a GPT partition table' },
  { at: 1080, text: '\x53\xef', holds: 'an ext file system' },
  { at: 0, text: 'XFSB', holds: 'an XFS file system' },
  { at: 0x10040, text: '_BHRfS_M', holds: 'a btrfs file system' },
  { at: 0, text: 'hsqs', holds: 'a squashfs file system' },
  { at: 510, text: '\x55\xaa', holds: 'a partition table' },
];

/**
 * Recognises a file by its content, never by its name.
 *
 * @param head its first {@link HEAD_BYTES}, or all of it if it is shorter
 * @returns `null` if a machine cannot boot from it
 */
export function recogniseBootFile(head: Uint8Array): BootFileKind | null {
  for (const recognise of RECOGNISERS) {
    const found = recognise(head);
    if (found !== null) return found;
  }
  return null;
}

/** For an incomplete ELF file: all of it must be read to know more. */
function machineOf(head: Uint8Array): string {
  const header = head.slice(0, 64);
  // Without its tables, which may come after the head.
  header.fill(0, 32, 48);
  header.fill(0, 56, 58);
  header.fill(0, 60, 64);
  return readElf(header)?.machine ?? 'unknown';
}

function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  return textAt(bytes, at, text.length) === text;
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
