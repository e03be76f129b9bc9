import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Snapshot } from '../../lib/host/snapshot/snapshot.ts';
import { formatSnapshot } from '../../lib/host/snapshot/snapshot-text.ts';

/** Writes a host as a snapshot file into a folder, for `--host`; returns its path. */
export function hostFile(folder: string, name: string, snapshot: Snapshot): string {
  const file = join(folder, `${name}.snapshot`);
  writeFileSync(file, formatSnapshot(snapshot));
  return file;
}
