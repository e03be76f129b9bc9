import { type ArchiveEntry, packArchive } from './cpio.ts';
import { GUEST_FILES } from './guest-scripts.ts';

/** The parts of our initramfs, besides our scripts. */
export interface GuestParts {
  /** A busybox that needs no libraries. */
  readonly busybox: Uint8Array;
  /** As `uname -r` prints it. */
  readonly kernelVersion: string;
  /** The files below the directory of that version: modules, and the tables that they are found by. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
}

const CONSOLE_NODE = [5, 1] as const;

/** The initramfs of a guest: the kernel unpacks it, and starts `/init`. */
export function packGuest({ busybox, kernelVersion, modules }: GuestParts): Uint8Array {
  const base = `lib/modules/${kernelVersion}`;
  const files: ArchiveEntry[] = [
    { kind: 'file', path: 'bin/busybox', mode: 0o755, content: busybox },
    // The kernel itself loads a file system or protocol by this path.
    { kind: 'link', path: 'sbin/modprobe', target: '/bin/busybox' },
    ...GUEST_FILES.map(
      ({ path, mode, text }): ArchiveEntry => ({
        kind: 'file',
        path,
        mode,
        content: new TextEncoder().encode(text),
      }),
    ),
    ...[...modules].map(
      ([path, content]): ArchiveEntry => ({ kind: 'file', path: `${base}/${path}`, mode: 0o644, content }),
    ),
  ];
  const console: ArchiveEntry = {
    kind: 'character-device',
    path: 'dev/console',
    mode: 0o600,
    device: CONSOLE_NODE,
  };
  const entries = [console, ...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const folders = [...new Set(entries.flatMap(({ path }) => foldersAbove(path)))].sort();
  return packArchive([
    ...folders.map((path): ArchiveEntry => ({ kind: 'directory', path, mode: 0o755 })),
    ...entries,
  ]);
}

function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
