import type { BootFileKind } from '../../machines/boot/boot-file.ts';
import type { Compression } from '../../machines/boot/compression.ts';

/** The kind of a file that is imported. */
export type ImportSubject =
  | {
      readonly kind: 'kernel';
      readonly form: 'bzImage' | 'ELF' | 'arm64 Image';
      readonly version: string | null;
    }
  | { readonly kind: 'initramfs'; readonly compression: Compression | null }
  | { readonly kind: 'package' }
  | {
      readonly kind: 'image';
      readonly format: 'raw' | 'qcow2' | 'iso';
      /** `null` for the size of the file. */
      readonly virtualBytes: number | null;
      /** The content of a raw image; `null` if it is not known. */
      readonly holds: string | null;
    };

/**
 * A disk image that stands on its own. A qcow2 image can name other files, which QEMU would open, and it opens files of
 * the host as root.
 *
 * @param refuse throws
 */
export function imageForm(
  found: Extract<BootFileKind, { readonly kind: 'iso' | 'raw-disk' | 'qcow2' }>,
  refuse: (message: string, hint?: string) => never,
): ImportSubject {
  if (found.kind === 'iso') return { kind: 'image', format: 'iso', virtualBytes: null, holds: null };
  if (found.kind === 'raw-disk')
    return { kind: 'image', format: 'raw', virtualBytes: null, holds: found.holds };
  const { rawBackingFile, hasDataFile, isEncrypted, virtualBytes } = found.header;
  const flatten = 'make a complete copy where its files are: qemu-img convert -O qcow2 IMAGE COPY';
  if (rawBackingFile !== null) return refuse('is a qcow2 image over a backing file, which it names', flatten);
  if (hasDataFile) return refuse('is a qcow2 image whose data is in another file', flatten);
  if (isEncrypted) return refuse('is an encrypted qcow2 image', flatten);
  return { kind: 'image', format: 'qcow2', virtualBytes, holds: null };
}
