import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PortalGunError } from '../base/errors.ts';
import { isDirectory, readFileBounded, writeFileWhole } from './files.ts';
import { errorCode, failure, isFailure } from './host-reader.ts';

/** What became of a file: it was made, changed, or was so already. */
export type FileOutcome = 'written' | 'replaced' | 'unchanged';

const MAX_BYTES = 16 * 1024 * 1024;
const PUBLIC_MODE = 0o644;

/**
 * Puts files in a folder of this machine, which is made where it alone is missing. What is to be written is on the disk before any
 * file is put in its place, each at once; where that fails those that were made are taken away again.
 *
 * @param files texts by name
 * @param overwrites whether a file may be replaced that holds something else
 * @returns what became of each, in the order of `files`
 * @throws PortalGunError FILE_EXISTS where one may not, and then none is written; OUTPUT_FAILED, PERMISSION_DENIED
 */
export function writeFolder(
  folder: string,
  files: ReadonlyMap<string, string>,
  overwrites: boolean,
): ReadonlyMap<string, FileOutcome> {
  const outcomes = new Map([...files].map(([name, text]) => [name, outcomeOf(join(folder, name), text)]));
  const others = [...outcomes].filter(([, outcome]) => outcome === 'replaced').map(([name]) => name);
  if (others.length > 0 && !overwrites) {
    const more = others.length > 1 ? `, and ${others.length - 1} more` : '';
    throw new PortalGunError('FILE_EXISTS', `is there with other content${more}; nothing is written`, {
      subject: join(folder, others[0] ?? ''),
    });
  }
  const changed = [...files].filter(([name]) => outcomes.get(name) !== 'unchanged');
  if (changed.length > 0) put(folder, new Map(changed), outcomes);
  return outcomes;
}

/**
 * Puts one file on this machine, whole or not at all; everybody may read it, as the user that QEMU runs as has to.
 *
 * @param overwrites whether a file may be replaced that holds something else
 * @throws PortalGunError FILE_EXISTS where it may not; OUTPUT_FAILED, PERMISSION_DENIED
 */
export function putFile(path: string, content: Uint8Array, overwrites: boolean): FileOutcome {
  const outcome = outcomeOf(path, content);
  if (outcome === 'replaced' && !overwrites) {
    throw new PortalGunError('FILE_EXISTS', 'is there with other content; nothing is written', {
      subject: path,
    });
  }
  if (outcome !== 'unchanged') writeFileWhole(path, content, PUBLIC_MODE);
  return outcome;
}

/** @throws PortalGunError OUTPUT_FAILED where a file can't be put at a path: there is no folder for it, or it is one itself */
export function demandPlace(path: string): void {
  if (isDirectory(path)) throw outputError(path, 'it is a directory', false);
  if (!isDirectory(dirname(path))) throw outputError(path, 'there is no such folder', false);
}

function outcomeOf(path: string, content: string | Uint8Array): FileOutcome {
  const there = readFileBounded(path, MAX_BYTES);
  if (there === null) return 'written';
  if (isFailure(there)) throw outputError(path, there.detail, there.unknown === 'denied');
  return there.equals(Buffer.from(content)) ? 'unchanged' : 'replaced';
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
      renameSync(join(drafts, name), join(folder, name));
      if (outcomes.get(name) === 'written') made.push(join(folder, name));
    }
  } catch (error) {
    for (const path of made) rmSync(path, { force: true });
    const detail = errorCode(error) === 'ENOENT' ? 'there is no folder to make it in' : errorCode(error);
    throw outputError(folder, detail, failure(error)?.unknown === 'denied', error);
  } finally {
    if (drafts !== undefined) rmSync(drafts, { recursive: true, force: true });
  }
}

function outputError(path: string, detail: string, isDenied: boolean, cause?: unknown): PortalGunError {
  return new PortalGunError(isDenied ? 'PERMISSION_DENIED' : 'OUTPUT_FAILED', `can't be written: ${detail}`, {
    subject: path,
    cause,
  });
}
