import { type Stats, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/**
 * The program folders of a system, in the order of PATH: those of the distribution, those of an administrator, and
 * those of NixOS, which has no others.
 */
export const PROGRAM_PLACES =
  '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin:/run/current-system/sw/bin';
export const PROGRAM_FOLDERS: readonly string[] = PROGRAM_PLACES.split(delimiter);

const OTHERS_WRITE = 0o022;

/**
 * The first file of a name in some folders, executable or not; `null` if there is none. For root, only files that no
 * other user can write count.
 */
export function findProgram(program: string, folders: readonly string[]): string | null {
  const isRoot = process.geteuid?.() === 0;
  const places = program.startsWith('/') ? [program] : folders.map((folder) => join(folder, program));
  const found = places.find((place) => {
    const stats = statusOf(place);
    if (stats?.isFile() !== true) return false;
    return !isRoot || [stats, statusOf(dirname(place))].every((each) => each === null || isRoots(each));
  });
  return found ?? null;
}

function isRoots({ uid, mode }: Stats): boolean {
  // In a user namespace, root of the host may have another number.
  return [0, statusOf('/')?.uid].includes(uid) && (mode & OTHERS_WRITE) === 0;
}

function statusOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
