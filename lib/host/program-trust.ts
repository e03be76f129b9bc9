import { readdirSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const OTHERS_WRITE = 0o022;
/** In such a folder nobody replaces what is another's; whoever may write it puts files beside it all the same. */
const STICKY = 0o1000;

/** Whether others than root decide what a program does. Mutable, so that tests can stand in for where they run from. */
export const programTrust = {
  /**
   * Why a program must not be run by root later: somebody else can write one of its files, a file beside them, or a folder above.
   *
   * @param words the interpreter and the file, by their real paths
   * @returns the path, with what is so of it; `null` where only root can
   */
  problemOf(words: readonly string[]): { readonly path: string; readonly what: string } | null {
    for (const file of words) {
      const folder = dirname(file);
      const isProgram = file === words.at(-1);
      const beside = isProgram ? namesIn(folder).map((name) => join(folder, name)) : [file];
      for (const path of [...foldersAbove(file), ...beside]) {
        const what = problemWith(path, !(isProgram && path === folder));
        if (what !== null) return { path, what };
      }
    }
    return null;
  },
};

function foldersAbove(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [] : [...foldersAbove(above), above];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** @param isSpared whether others may write a folder that is sticky: what the program has in it stays as it is */
function problemWith(path: string, isSpared: boolean): string | null {
  const stats = statusOf(path);
  if (stats === null) return 'cannot be checked';
  const { uid, mode } = stats;
  // In a user namespace root of the host may have another number.
  if (uid !== 0 && uid !== statusOf('/')?.uid) return `belongs to user ${uid}, who can change it`;
  const isKept = isSpared && stats.isDirectory() && (mode & STICKY) !== 0;
  return (mode & OTHERS_WRITE) === 0 || isKept
    ? null
    : `is writable by users other than root (mode ${(mode & 0o7777).toString(8)})`;
}

function statusOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
