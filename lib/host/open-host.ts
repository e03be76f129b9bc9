import { join, resolve } from 'node:path';
import { PortalGunError } from '../base/errors.ts';
import { isDirectory } from './file/files.ts';
import { readFilePieces } from './file/input-file.ts';
import { TreeHost } from './file/tree-host.ts';
import type { HostReader } from './host-reader.ts';
import type { Snapshot } from './snapshot/snapshot.ts';
import { SnapshotHost } from './snapshot/snapshot-host.ts';
import { looksLikeSnapshot, parseSnapshot } from './snapshot/snapshot-parser.ts';

/** Unpacked size. A host with 4,096 functions has about 20 MB. */
const MAX_SNAPSHOT_BYTES = 128 * 1024 * 1024;

/**
 * Opens the host at a path: a snapshot file, or a directory that holds a `sys/`.
 *
 * @throws PortalGunError NOT_FOUND, BAD_HOST, BAD_SNAPSHOT, PERMISSION_DENIED
 */
export function openHost(path: string): HostReader {
  if (isDirectory(path)) {
    if (isDirectory(join(path, 'sys'))) return new TreeHost(resolve(path), path);
    const above = isDirectory(join(path, 'bus'))
      ? { hint: `use the directory above it: ${join(path, '..')}` }
      : {};
    throw new PortalGunError('BAD_HOST', 'does not contain sys/', { subject: path, ...above });
  }
  return new SnapshotHost(readSnapshot(path));
}

/** Reads a file in pieces: the text of a host with 32,768 functions has 63 MB. */
function readSnapshot(path: string): Snapshot {
  const pieces = readFilePieces(path, MAX_SNAPSHOT_BYTES, 'BAD_HOST');
  try {
    const { value: first = new Uint8Array() } = pieces.next();
    if (!looksLikeSnapshot(first)) {
      throw new PortalGunError('BAD_HOST', 'is not a snapshot or a directory', { subject: path });
    }
    return parseSnapshot(withFirst(first, pieces), path);
  } finally {
    pieces.return(undefined);
  }
}

function* withFirst(first: Uint8Array, rest: Iterable<Uint8Array>): Generator<Uint8Array, undefined> {
  yield first;
  yield* rest;
  return undefined;
}
