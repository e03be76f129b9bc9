import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SnapshotEntry } from '../../lib/host/snapshot/snapshot.ts';
import { parseSnapshot } from '../../lib/host/snapshot/snapshot-parser.ts';
import { formatSnapshot } from '../../lib/host/snapshot/snapshot-text.ts';
import { BUNDLED_NAMES, fixture, ROOT } from './pci-program.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The files for persisted bindings, in the order in which they are written. */
export const BINDING_FILES = [
  '/etc/portal-gun/bindings.json',
  '/etc/portal-gun/early-bindings',
  '/etc/udev/rules.d/10-portal-gun.rules',
  '/etc/initramfs-tools/hooks/portal-gun',
  '/etc/systemd/system/portal-gun.service',
  '/etc/systemd/system/multi-user.target.d/portal-gun.conf',
] as const;
export const VFS_RECORD = '/etc/portal-gun/virtual-functions.json';
/** The record of the bindings in the initramfs. */
export const INITRAMFS_STATE = '/var/lib/portal-gun/initramfs';

/** The programs that identify the boot of a Debian. */
export const DEBIAN = ['/usr/sbin/update-initramfs', '/usr/lib/systemd/systemd'] as const;

export type Files = Readonly<Record<string, string>>;

export type HostWith = (
  files: Files,
  programs?: readonly string[],
  name?: string,
  entries?: Readonly<Record<string, SnapshotEntry>>,
) => readonly string[];

/**
 * Creates captured hosts with files of portal-gun and a kind of boot, as the arguments that name them. Call it once
 * for a test file.
 */
export function hostsWithFiles(): HostWith {
  const folder = temporaryFolder();
  let hosts = 0;
  return (files, programs = DEBIAN, name = 'lab-intel', more = {}) => {
    const snapshot = parseSnapshot(readFileSync(join(ROOT, fixture(name)), 'utf8'), name);
    const entries = new Map<string, SnapshotEntry>(snapshot.entries);
    for (const path of [...BINDING_FILES, VFS_RECORD, INITRAMFS_STATE]) entries.set(path, { kind: 'absent' });
    for (const [path, text] of Object.entries(files)) entries.set(path, { kind: 'text', text });
    for (const path of programs) entries.set(path, { kind: 'present' });
    for (const [path, entry] of Object.entries(more)) entries.set(path, entry);
    hosts += 1;
    const path = join(folder, `${hosts}.snapshot`);
    writeFileSync(path, formatSnapshot({ ...snapshot, entries }));
    return ['--host', path, ...BUNDLED_NAMES];
  };
}

/** A change of a file in the document of a plan. */
export interface FileStep {
  readonly change: { readonly kind: string; readonly path?: string; readonly to: unknown };
}

/** The files after a plan, with the result of the hook. */
export function filesAfter(steps: readonly FileStep[], before: Files = {}): Files {
  const files = new Map(Object.entries(before));
  for (const { change } of steps) {
    const path = change.kind === 'initramfs' ? INITRAMFS_STATE : change.path;
    if (path === undefined || path.startsWith('/run/')) continue;
    if (typeof change.to === 'string') files.set(path, change.to);
    else files.delete(path);
  }
  return Object.fromEntries(files);
}
