import { type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const OTHERS_WRITE = 0o022;

/**
 * The first file of a name in some folders, executable or not; `null` where none has it. For root only those count that
 * nobody else can write.
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
  // In a user namespace root of the host may have another number.
  return [0, statusOf('/')?.uid].includes(uid) && (mode & OTHERS_WRITE) === 0;
}

function statusOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
