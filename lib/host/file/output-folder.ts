import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PortalGunError } from '../../base/errors.ts';
import { isFailure } from '../host-reader.ts';
import { type FileContent, isContent } from './file-content.ts';
import { isDirectory, outputError, outputPlace, readFileBounded, writeFileWhole } from './files.ts';

/** The result for a file: created, changed, or unchanged. */
export type FileOutcome = 'written' | 'replaced' | 'unchanged';

const MAX_BYTES = 16 * 1024 * 1024;
/** All users may read it, because the user that runs QEMU must. */
export const PUBLIC_MODE = 0o644;
/** Only its owner may read it. */
export const PRIVATE_MODE = 0o600;

/**
 * Writes files into a folder of this machine, and creates the folder if only its last part is missing. The content of
 * all files is on the disk before the first file is renamed to its name. If a rename fails, the files that were
 * created are removed.
 *
 * @param files texts by name
 * @param overwrites whether a file with other content may be replaced
 * @returns the result for each file, in the order of `files`
 * @throws PortalGunError FILE_EXISTS if a file must not be replaced, and then no file is written; OUTPUT_FAILED,
 * PERMISSION_DENIED
 */
export function writeFolder(
  folder: string,
  files: ReadonlyMap<string, string>,
  overwrites: boolean,
): ReadonlyMap<string, FileOutcome> {
  if (!isDirectory(folder) && existsSync(folder)) {
    throw new PortalGunError('OUTPUT_FAILED', 'is not a directory', {
      subject: folder,
      hint: 'use the path of a directory, existing or new',
    });
  }
  const outcomes = new Map([...files].map(([name, text]) => [name, outcomeOf(join(folder, name), text)]));
  const others = [...outcomes].filter(([, outcome]) => outcome === 'replaced').map(([name]) => name);
  if (others.length > 0 && !overwrites) {
    const more = others.length > 1 ? `, and ${others.length - 1} more` : '';
    throw new PortalGunError('FILE_EXISTS', `exists with other content${more}; no file was written`, {
      subject: join(folder, others[0] ?? ''),
    });
  }
  const changed = [...files].filter(([name]) => outcomes.get(name) !== 'unchanged');
  if (changed.length > 0) put(folder, new Map(changed), outcomes);
  return outcomes;
}

/**
 * Writes one file on this machine, whole or not at all.
 *
 * @param overwrites whether a file with other content may be replaced
 * @param keepsOwner whether a file that is replaced keeps its owner and permissions
 * @throws PortalGunError FILE_EXISTS if it must not be replaced; OUTPUT_FAILED, PERMISSION_DENIED
 */
export function putFile(
  path: string,
  content: FileContent,
  mode: number,
  overwrites: boolean,
  keepsOwner = false,
): FileOutcome {
  const outcome = outcomeOf(path, content);
  if (outcome === 'replaced' && !overwrites) {
    throw new PortalGunError('FILE_EXISTS', 'exists with other content; no file was written', {
      subject: path,
    });
  }
  if (outcome !== 'unchanged') writeFileWhole(path, content, mode, keepsOwner ? 'of-replaced' : 'usual');
  return outcome;
}

/**
 * @param hint the hint if the path is not a regular file; if stdout is possible, how to use it
 * @throws PortalGunError OUTPUT_FAILED if no file can be written at a path: it has no folder, or is not a regular
 * file
 */
export function demandPlace(path: string, hint?: string): void {
  outputPlace(path, hint);
  if (isDirectory(dirname(path))) return;
  throw new PortalGunError('OUTPUT_FAILED', 'cannot be written: no such folder', { subject: path });
}

function outcomeOf(path: string, content: FileContent): FileOutcome {
  const { at, isThere } = outputPlace(path);
  const there = isThere ? readFileBounded(at, MAX_BYTES) : null;
  if (there === null) return 'written';
  // A file that is larger than all that is written here has other content.
  if (isFailure(there)) {
    if (there.detail === 'EFBIG') return 'replaced';
    throw outputError(path, Object.assign(new Error(there.detail), { code: there.detail }), '');
  }
  return isContent(there, content) ? 'unchanged' : 'replaced';
}

function put(
  folder: string,
  files: ReadonlyMap<string, string>,
  outcomes: ReadonlyMap<string, FileOutcome>,
): void {
  const made: string[] = [];
  let drafts: string | undefined;
  try {
    if (!isDirectory(folder)) mkdirSync(folder);
    drafts = mkdtempSync(join(folder, '.drafts.'));
    for (const [name, text] of files) writeFileSync(join(drafts, name), text);
    for (const name of files.keys()) {
      renameSync(join(drafts, name), outputPlace(join(folder, name)).at);
      if (outcomes.get(name) === 'written') made.push(join(folder, name));
    }
  } catch (error) {
    for (const path of made) rmSync(path, { force: true });
    throw error instanceof PortalGunError
      ? error
      : outputError(folder, error, 'no such folder to create it in');
  } finally {
    if (drafts !== undefined) rmSync(drafts, { recursive: true, force: true });
  }
}
