import { type SnapshotEntry, splitPath } from './snapshot.ts';

/** Longer texts are rarely equal. */
const MOST_SHARED = 256;

/**
 * The reads of a snapshot, by path, stored by folder. A host with thousands of functions has a path of about eighty
 * characters for each of a million attributes, but few different names, texts and listings, so each of these is
 * stored once.
 */
export class SnapshotEntries implements ReadonlyMap<string, SnapshotEntry> {
  readonly #folders = new Map<string, Map<string, SnapshotEntry>>();
  readonly #names = new Map<string, string>();
  readonly #shared = new Map<string, SnapshotEntry>();
  #size = 0;

  /** The same entries, stored by folder. */
  static of(entries: Iterable<readonly [string, SnapshotEntry]>): SnapshotEntries {
    const held = new SnapshotEntries();
    for (const [path, entry] of entries) held.set(path, entry);
    return held;
  }

  get size(): number {
    return this.#size;
  }

  get(path: string): SnapshotEntry | undefined {
    const { directory, name } = splitPath(path);
    return this.#folders.get(directory)?.get(name);
  }

  has(path: string): boolean {
    return this.get(path) !== undefined;
  }

  set(path: string, entry: SnapshotEntry): void {
    const { directory, name } = splitPath(path);
    let folder = this.#folders.get(directory);
    if (folder === undefined) {
      folder = new Map();
      this.#folders.set(directory, folder);
    }
    const before = folder.size;
    folder.set(this.#nameOf(name), this.#sharedOf(entry));
    this.#size += folder.size - before;
  }

  /** The folders in which files were read, with their entries by name. */
  folders(): IterableIterator<[string, ReadonlyMap<string, SnapshotEntry>]> {
    return this.#folders.entries();
  }

  *[Symbol.iterator](): Generator<[string, SnapshotEntry], undefined> {
    for (const [directory, folder] of this.#folders) {
      const start = directory === '/' ? '/' : `${directory}/`;
      for (const [name, entry] of folder) yield [start + name, entry];
    }
    return undefined;
  }

  entries(): Generator<[string, SnapshotEntry], undefined> {
    return this[Symbol.iterator]();
  }

  *keys(): Generator<string, undefined> {
    for (const [path] of this) yield path;
    return undefined;
  }

  *values(): Generator<SnapshotEntry, undefined> {
    for (const [, entry] of this) yield entry;
    return undefined;
  }

  forEach(act: (entry: SnapshotEntry, path: string, all: ReadonlyMap<string, SnapshotEntry>) => void): void {
    for (const [path, entry] of this) act(entry, path, this);
  }

  #nameOf(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#names.set(name, name);
    return name;
  }

  #sharedOf(entry: SnapshotEntry): SnapshotEntry {
    const key = keyOf(entry);
    if (key === null) return entry;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const held =
      entry.kind === 'directory' ? { ...entry, names: entry.names.map((name) => this.#nameOf(name)) } : entry;
    this.#shared.set(key, held);
    return held;
  }
}

/** The key under which equal entries share storage; `null` for an entry that rarely has an equal. */
function keyOf(entry: SnapshotEntry): string | null {
  switch (entry.kind) {
    case 'present':
    case 'absent':
    case 'no-link':
      return entry.kind;
    case 'text':
      return entry.text.length > MOST_SHARED ? null : `= ${entry.text}`;
    case 'link':
      return `> ${entry.target}`;
    case 'directory':
      return `/ ${entry.names.join('/')}`;
    default:
      return null;
  }
}
