import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Snapshot } from '../../lib/host/snapshot/snapshot.ts';

/**
 * Writes a host as a directory tree, so that one description serves as snapshot and as tree. Denied files get mode
 * 000, which only restricts users other than root.
 *
 * A failing file is a directory if it fails with EISDIR, otherwise a link to itself: a tree can fail only with EISDIR
 * and ELOOP.
 */
export function writeTree(snapshot: Snapshot, directory: string): void {
  const entries = [...snapshot.entries].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, entry] of entries) {
    if (entry.kind === 'directory') mkdirSync(directory + path, { recursive: true });
  }
  for (const [path, entry] of entries) {
    const at = directory + path;
    switch (entry.kind) {
      case 'directory':
        for (const name of entry.names)
          writeUnread(snapshot, directory, `${path === '/' ? '' : path}/${name}`);
        break;
      case 'absent':
        break;
      case 'text':
        writeFileSync(at, entry.text);
        break;
      case 'bytes':
        writeFileSync(at, entry.bytes);
        break;
      case 'lines':
        writeFileSync(at, entry.lines.map((line) => `${line}\n`).join(''));
        break;
      case 'status':
        // No device nodes: they require root, and do not work in every container.
        writeFileSync(at, '');
        chmodSync(at, entry.status.mode);
        break;
      case 'present':
      case 'no-link':
        writeFileSync(at, '');
        break;
      case 'link':
        symlinkSync(entry.target, at);
        break;
      case 'failure':
        writeFailure(at, entry.unknown, entry.detail);
        break;
    }
  }
}

/** A name in a listing that says only that it exists. */
function writeUnread({ entries }: Snapshot, directory: string, path: string): void {
  if (!entries.has(path)) writeFileSync(directory + path, '');
}

function writeFailure(at: string, unknown: 'denied' | 'broken', detail: string): void {
  if (unknown === 'denied') {
    writeFileSync(at, '');
    chmodSync(at, 0o000);
  } else if (detail === 'EISDIR') mkdirSync(at);
  else symlinkSync(at.slice(at.lastIndexOf('/') + 1), at);
}
