import { readdirSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const OTHERS_WRITE = 0o022;
/** In such a folder no user replaces a file of another user, but those who may write it can add files. */
const STICKY = 0o1000;

/** Whether users other than root decide what a program does. Mutable for tests. */
export const programTrust = {
  /**
   * Why root must not run a program later: another user can write one of its files, a file beside them, or a folder
   * above.
   *
   * @param words the interpreter and the file, by their real paths
   * @returns the path and its problem; `null` if only root can write
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

  /**
   * Why root must not run a script: a user can change it who is neither root nor one of `owners`.
   *
   * @param owners ids of users
   */
  problemOfScript(
    path: string,
    owners: readonly number[],
  ): { readonly path: string; readonly what: string } | null {
    for (const each of [...foldersAbove(path), path]) {
      const what = problemWith(each, true, owners);
      if (what !== null) return { path: each, what };
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

/**
 * @param isSpared whether other users may write a sticky folder, in which the files of the program cannot be replaced
 */
function problemWith(path: string, isSpared: boolean, owners: readonly number[] = []): string | null {
  const stats = statusOf(path);
  if (stats === null) return 'cannot be checked';
  const { uid, mode } = stats;
  // In a user namespace, root of the host may have another number.
  if (uid !== 0 && !owners.includes(uid) && uid !== statusOf('/')?.uid)
    return `belongs to user ${uid}, who can change it`;
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
