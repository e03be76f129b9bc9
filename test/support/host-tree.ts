import type { FileStatus } from '../../lib/host/host-reader.ts';
import { type Snapshot, type SnapshotEntry, splitPath } from '../../lib/host/snapshot/snapshot.ts';

/**
 * The files of a host under construction: directories are created with their contents, and every one is listed
 * completely in the {@link snapshot}.
 */
export class HostTree {
  readonly #entries = new Map<string, SnapshotEntry>();
  readonly #directories = new Map<string, Set<string>>([['/', new Set()]]);

  directory(path: string): void {
    if (this.#directories.has(path)) return;
    this.#directories.set(path, new Set());
    this.#enter(path);
  }

  /** A file with exactly this text. */
  text(path: string, text: string): void {
    this.#put(path, { kind: 'text', text });
  }

  /** A file of one line. */
  attribute(path: string, value: string): void {
    this.text(path, `${value}\n`);
  }

  /** Its type and permissions. */
  status(path: string, status: FileStatus): void {
    this.#put(path, { kind: 'status', status });
  }

  bytes(path: string, bytes: Uint8Array): void {
    this.#put(path, { kind: 'bytes', bytes });
  }

  link(path: string, target: string): void {
    this.#put(path, { kind: 'link', target });
  }

  /** A link as the kernel writes it, relative, from one absolute path to another. */
  linkTo(path: string, to: string): void {
    const from = splitPath(path).directory.split('/').slice(1);
    const parts = to.split('/').slice(1);
    let shared = 0;
    while (shared < from.length && from[shared] === parts[shared]) shared += 1;
    this.link(path, [...from.slice(shared).map(() => '..'), ...parts.slice(shared)].join('/'));
  }

  /** The path cannot be read, nor anything below a directory. */
  deny(path: string, detail: 'EACCES' | 'EPERM' = 'EACCES'): void {
    this.remove(path);
    this.#put(path, { kind: 'failure', unknown: 'denied', detail });
  }

  /** Reading the path fails. */
  fail(path: string, detail: string): void {
    this.remove(path);
    this.#put(path, { kind: 'failure', unknown: 'broken', detail });
  }

  /** Removes the path, with everything below it. */
  remove(path: string): void {
    for (const at of [...this.#entries.keys()]) {
      if (at === path || at.startsWith(`${path}/`)) this.#entries.delete(at);
    }
    for (const at of [...this.#directories.keys()]) {
      if (at === path || at.startsWith(`${path}/`)) this.#directories.delete(at);
    }
    const { directory, name } = splitPath(path);
    this.#directories.get(directory)?.delete(name);
  }

  has(path: string): boolean {
    return this.#entries.has(path) || this.#directories.has(path);
  }

  snapshot(label: string): Snapshot {
    const entries = new Map(this.#entries);
    for (const [path, names] of this.#directories) {
      entries.set(path, { kind: 'directory', names: [...names].sort() });
    }
    return { label, identifiers: 'raw', entries };
  }

  #put(path: string, entry: SnapshotEntry): void {
    if (this.#directories.has(path)) throw new Error(`${path} is a directory`);
    this.#entries.set(path, entry);
    this.#enter(path);
  }

  #enter(path: string): void {
    const { directory, name } = splitPath(path);
    if (this.#entries.has(directory)) throw new Error(`${directory} is no directory`);
    this.directory(directory);
    this.#directories.get(directory)?.add(name);
  }
}
