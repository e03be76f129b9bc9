import { ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Any number, but the types of execa know only the first one. */
export type Descriptor = 3 | 4;

/**
 * A text to be read by a program: a file without a name, only of ours, because it may contain passwords. Node passes
 * texts as sockets, which cannot be opened as `/dev/stdin`.
 *
 * @returns its descriptor, at the start of the text
 * @throws the error of the system
 */
export function openUnnamedFile(text: string): Descriptor {
  const folder = mkdtempSync(join(tmpdir(), 'portal-gun-'));
  try {
    const path = join(folder, 'input');
    writeFileSync(path, text, { mode: 0o600 });
    return openSync(path, 'r+') as Descriptor;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Replaces the text of such a file, for a program that opens it again.
 *
 * @throws the error of the system
 */
export function rewriteUnnamedFile(descriptor: number, text: string): void {
  ftruncateSync(descriptor, 0);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at, at);
}
