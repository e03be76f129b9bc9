import { join, resolve } from 'node:path';
import { PortalGunError } from '../base/errors.ts';
import { isDirectory, readFileBounded } from './files.ts';
import { type HostReader, isFailure } from './host-reader.ts';
import { SnapshotHost } from './snapshot-host.ts';
import { looksLikeSnapshot, parseSnapshot } from './snapshot-parser.ts';
import { TreeHost } from './tree-host.ts';

const MAX_SNAPSHOT_BYTES = 512 * 1024 * 1024;

/** The live machine, by the name that it gives itself. */
export function openLiveHost(): HostReader {
  const name = new TreeHost('', '').readText('/proc/sys/kernel/hostname');
  return new TreeHost('', typeof name === 'string' && name.trim() !== '' ? name.trim() : 'localhost');
}

/**
 * The host that a path names: a snapshot file, or a directory that holds a `sys/`.
 *
 * @throws PortalGunError BAD_HOST, BAD_SNAPSHOT, PERMISSION_DENIED
 */
export function openHost(path: string): HostReader {
  if (isDirectory(path)) {
    if (isDirectory(join(path, 'sys'))) return new TreeHost(resolve(path), path);
    const above = isDirectory(join(path, 'bus'))
      ? { hint: `give the directory above it: ${join(path, '..')}` }
      : {};
    throw new PortalGunError('BAD_HOST', 'has no sys/ in it', { subject: path, ...above });
  }
  const reading = readFileBounded(path, MAX_SNAPSHOT_BYTES);
  if (reading === null) throw new PortalGunError('BAD_HOST', 'is not there', { subject: path });
  if (isFailure(reading)) {
    const code = reading.unknown === 'denied' ? 'PERMISSION_DENIED' : 'BAD_HOST';
    throw new PortalGunError(code, `can't be read: ${reading.detail}`, { subject: path });
  }
  const rawText = reading.toString('utf8');
  if (!looksLikeSnapshot(rawText)) {
    throw new PortalGunError('BAD_HOST', 'is neither a snapshot nor a directory', { subject: path });
  }
  return new SnapshotHost(parseSnapshot(rawText, path));
}
