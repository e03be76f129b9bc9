import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Snapshot } from '../../lib/host/snapshot/snapshot.ts';

/**
 * Writes a host as a directory tree, so that one description serves the snapshot and the tree. What is denied
 * gets mode 000, which only keeps out those who are not root.
 *
 * A file that fails is a directory where it fails with EISDIR, otherwise a link to itself: a tree has no other
 * way to fail than EISDIR and ELOOP.
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
        // No device nodes: they are for root, and not in every container.
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

function writeFailure(at: string, unknown: 'denied' | 'broken', detail: string): void {
  if (unknown === 'denied') {
    writeFileSync(at, '');
    chmodSync(at, 0o000);
  } else if (detail === 'EISDIR') mkdirSync(at);
  else symlinkSync(at.slice(at.lastIndexOf('/') + 1), at);
}
