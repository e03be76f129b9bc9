/** The formats that kernels, modules and initramfs images are compressed in. */
export type Compression = 'gzip' | 'xz' | 'zstd' | 'lz4' | 'bzip2' | 'lzma';

const MAGICS: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  // The old format, which the kernel uses.
  ['lz4', [0x02, 0x21, 0x4c, 0x18]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['lzma', [0x5d, 0x00, 0x00]],
];

/** How bytes are compressed, by their first bytes; `null` if they are in none of the formats. */
export function compressionOf(bytes: Uint8Array): Compression | null {
  const found = MAGICS.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte));
  return found?.[0] ?? null;
}

/** A program that unpacks a format: as `gzip -d -c`, of a Debian package. */
export interface Unpacker {
  readonly program: string;
  /** Of the files that it unpacks. */
  readonly suffix: string;
  readonly debianPackage: string;
}

/** The programs that unpack a file `NAME.suffix` to `NAME` with `-d`. */
export const UNPACKERS: Readonly<Record<Compression, Unpacker>> = {
  gzip: { program: 'gzip', suffix: 'gz', debianPackage: 'gzip' },
  xz: { program: 'xz', suffix: 'xz', debianPackage: 'xz-utils' },
  zstd: { program: 'zstd', suffix: 'zst', debianPackage: 'zstd' },
  lz4: { program: 'lz4', suffix: 'lz4', debianPackage: 'lz4' },
  bzip2: { program: 'bzip2', suffix: 'bz2', debianPackage: 'bzip2' },
  lzma: { program: 'xz', suffix: 'lzma', debianPackage: 'xz-utils' },
};
