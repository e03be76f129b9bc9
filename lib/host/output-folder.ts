import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PortalGunError } from '../base/errors.ts';
import { isDirectory, readFileBounded } from './files.ts';
import { errorCode, failure, isFailure } from './host-reader.ts';

/** What became of a file: it was made, changed, or was so already. */
export type FileOutcome = 'written' | 'replaced' | 'unchanged';

const MAX_BYTES = 16 * 1024 * 1024;

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

function outcomeOf(path: string, text: string): FileOutcome {
  const there = readFileBounded(path, MAX_BYTES);
  if (there === null) return 'written';
  if (isFailure(there)) throw outputError(path, there.detail, there.unknown === 'denied');
  return there.equals(Buffer.from(text)) ? 'unchanged' : 'replaced';
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
