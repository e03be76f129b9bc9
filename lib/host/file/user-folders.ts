import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PortalGunError } from '../../base/errors.ts';
import type { EntryKind, NewFile } from '../user-files.ts';
import { outputError } from './files.ts';

/** The names in a directory of this machine, sorted; `null` if there is no such directory, or it cannot be read. */
export function listFolder(path: string): readonly string[] | null {
  try {
    return readdirSync(path).sort();
  } catch {
    return null;
  }
}

/** What is at a path, without following a link; `null` if nothing is there, or it cannot be read. */
export function entryKind(path: string): EntryKind | null {
  try {
    const stats = lstatSync(path);
    if (stats.isSymbolicLink()) return 'link';
    if (stats.isDirectory()) return 'folder';
    if (!stats.isFile()) return 'other';
    return (stats.mode & 0o111) === 0 ? 'file' : 'program';
  } catch {
    return null;
  }
}

/** The absolute path of what is at a path, with all links followed; `null` if nothing is there. */
export function realPathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/**
 * Makes a new directory with files in it and below it, whole or not at all; directories above it are made if they are
 * missing.
 *
 * @param files by their paths in it
 * @throws PortalGunError FILE_EXISTS if something is at its path; OUTPUT_FAILED, PERMISSION_DENIED
 */
export function createTree(folder: string, files: ReadonlyMap<string, NewFile>): void {
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) {
    throw new PortalGunError('FILE_EXISTS', 'exists; nothing was written', {
      subject: folder,
      hint: 'use another name, or remove it first',
    });
  }
  const above = dirname(folder);
  const made = missingAbove(above);
  let draft: string | undefined;
  try {
    mkdirSync(above, { recursive: true });
    draft = mkdtempSync(join(above, `.${basename(folder)}.`));
    const content = join(draft, 'content');
    mkdirSync(content);
    for (const [path, { text, executable = false }] of files) {
      mkdirSync(dirname(join(content, path)), { recursive: true });
      writeFileSync(join(content, path), text, { mode: executable ? 0o755 : 0o644, flag: 'wx' });
    }
    renameSync(content, folder);
  } catch (error) {
    if (made !== null) rmSync(made, { recursive: true, force: true });
    throw outputError(folder, error, 'no directory to make it in');
  } finally {
    if (draft !== undefined) rmSync(draft, { recursive: true, force: true });
  }
}

/** The outermost directory that has to be made for a path; `null` if the path is there. */
function missingAbove(path: string): string | null {
  if (existsSync(path)) return null;
  return missingAbove(dirname(path)) ?? path;
}
