import { type SnapshotEntry, splitPath } from './snapshot.ts';

/** Longer texts are rarely equal. */
const MOST_SHARED = 4096;

/** What has more names is searched by a map, which takes three times the room. */
const MOST_SEARCHED = 64;

/** What was read in one folder, by name. */
export class FolderEntries implements Iterable<readonly [string, SnapshotEntry]> {
  /** Whether several snapshots have this folder: it is copied before something is put in it. */
  isShared = false;
  #names: string[] = [];
  #entries: SnapshotEntry[] = [];
  #places: Map<string, number> | undefined;

  get size(): number {
    return this.#names.length;
  }

  get(name: string): SnapshotEntry | undefined {
    return this.#entries[this.#placeOf(name)];
  }

  set(name: string, entry: SnapshotEntry): void {
    const place = this.#placeOf(name);
    if (place >= 0) {
      this.#entries[place] = entry;
      return;
    }
    this.#places?.set(name, this.#names.length);
    this.#names.push(name);
    this.#entries.push(entry);
    if (this.#names.length === MOST_SEARCHED) {
      this.#places = new Map(this.#names.map((each, index) => [each, index]));
    }
  }

  /** The same entries, to be changed without the original. */
  copy(): FolderEntries {
    const copied = new FolderEntries();
    for (const [name, entry] of this) copied.set(name, entry);
    return copied;
  }

  /** Frees unused capacity, because thousands of folders have only one or two names. */
  trim(): void {
    // One of many names is put to again and again.
    if (this.#places !== undefined) return;
    this.#names = this.#names.slice();
    this.#entries = this.#entries.slice();
  }

  *[Symbol.iterator](): Generator<readonly [string, SnapshotEntry], undefined> {
    for (let place = 0; place < this.#names.length; place += 1) {
      yield [this.#names[place] as string, this.#entries[place] as SnapshotEntry];
    }
    return undefined;
  }

  #placeOf(name: string): number {
    return this.#places === undefined ? this.#names.indexOf(name) : (this.#places.get(name) ?? -1);
  }
}

/** The entries of a folder, by path. */
export function* inFolder(
  directory: string,
  folder: FolderEntries,
): Generator<[path: string, entry: SnapshotEntry], undefined> {
  const start = directory === '/' ? '/' : `${directory}/`;
  for (const [name, entry] of folder) yield [start + name, entry];
  return undefined;
}

/**
 * The reads of a snapshot, by path, stored by folder. A host with thousands of functions has a path of about eighty
 * characters for each of a million attributes, but few different names, texts and listings, so each of these is
 * stored once.
 */
export class SnapshotEntries implements ReadonlyMap<string, SnapshotEntry> {
  readonly #folders = new Map<string, FolderEntries>();
  readonly #names = new Map<string, string>();
  /** For each kind of entry those that are shared, by what tells them apart. */
  readonly #shared = new Map<SnapshotEntry['kind'], Map<string, SnapshotEntry>>();
  /** That in which something was put last. */
  #last: FolderEntries | undefined;
  #size = 0;

  /** The same entries, stored by folder: a copy, or those that are stored in this way already. */
  static byFolder(entries: ReadonlyMap<string, SnapshotEntry>): SnapshotEntries {
    return entries instanceof SnapshotEntries ? entries : SnapshotEntries.of(entries);
  }

  /** A copy of entries, stored by folder. */
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
    const folder = this.#ownFolder(directory);
    if (folder !== this.#last) this.#last?.trim();
    this.#last = folder;
    const before = folder.size;
    folder.set(this.#nameOf(name), this.#sharedOf(entry));
    this.#size += folder.size - before;
  }

  /** Puts all entries of a folder of others. It takes no room of its own until something else is put in it. */
  setFolder(directory: string, folder: FolderEntries): void {
    if (this.#folders.has(directory)) {
      for (const [path, entry] of inFolder(directory, folder)) this.set(path, entry);
      return;
    }
    folder.isShared = true;
    this.#folders.set(directory, folder);
    this.#size += folder.size;
  }

  /** The folders in which files were read, with their entries by name. */
  folders(): IterableIterator<[string, FolderEntries]> {
    return this.#folders.entries();
  }

  *[Symbol.iterator](): Generator<[string, SnapshotEntry], undefined> {
    for (const [directory, folder] of this.#folders) yield* inFolder(directory, folder);
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

  #ownFolder(directory: string): FolderEntries {
    const known = this.#folders.get(directory);
    if (known?.isShared === false) return known;
    const folder = known?.copy() ?? new FolderEntries();
    this.#folders.set(directory, folder);
    return folder;
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
    let shared = this.#shared.get(entry.kind);
    if (shared === undefined) {
      shared = new Map();
      this.#shared.set(entry.kind, shared);
    }
    const known = shared.get(key);
    if (known !== undefined) return known;
    const held =
      entry.kind === 'directory' ? { ...entry, names: entry.names.map((name) => this.#nameOf(name)) } : entry;
    shared.set(key, held);
    return held;
  }
}

/** What entries of one kind have in common that are the same; `null` for what is seldom the same. */
function keyOf(entry: SnapshotEntry): string | null {
  switch (entry.kind) {
    case 'present':
    case 'absent':
    case 'no-link':
      return '';
    case 'text':
      return entry.text.length > MOST_SHARED ? null : entry.text;
    case 'link':
      return entry.target;
    case 'directory':
      return entry.names.join('/');
    default:
      return null;
  }
}
