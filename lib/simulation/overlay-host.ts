import { resolveLink } from '../host/file/resolve-link.ts';
import type { DeviceNumber, FileStatus, HostReader, ReadFailure, Reading } from '../host/host-reader.ts';
import { splitPath } from '../host/snapshot/snapshot.ts';

/** An object over a host: a file, a link, a directory, or an object without known contents. */
export type Placed =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory' }
  | { readonly kind: 'unread' };

// The limit of the kernel.
const MAX_LINKS = 40;
const UNREAD: ReadFailure = { unknown: 'unread', detail: 'does not follow from the snapshot' };
const ENCODER = new TextEncoder();

/** Whether a directory, or a parent of it, was put over the host below or hidden. */
interface Changed {
  readonly isPlaced: boolean;
  readonly isHidden: boolean;
}

const UNCHANGED: Changed = { isPlaced: false, isHidden: false };

/**
 * A host with changes: objects over it, and hidden paths. Links on a path are followed, as in the kernel. The methods
 * for changes take paths without links; see {@link canonical}.
 */
export class OverlayHost implements HostReader {
  readonly label: string;
  readonly #base: HostReader;
  readonly #placed = new Map<string, Placed>();
  readonly #hidden = new Set<string>();
  /** The names of the added objects in each directory. */
  readonly #names = new Map<string, Set<string>>();
  // Results since the last change: reads are frequent, and changes rare.
  readonly #canonical = { all: new Map<string, string | null>(), butLast: new Map<string, string | null>() };
  readonly #changed = new Map<string, Changed>();

  constructor(base: HostReader) {
    this.#base = base;
    this.label = base.label;
  }

  /** Adds an object, or replaces one, and creates its parent directories. */
  put(path: string, placed: Placed): void {
    const { directory, name } = splitPath(path);
    // Replacing a file with a file changes no link.
    if (!isFile(placed) || !isFile(this.#placed.get(path))) this.#forget();
    this.#hidden.delete(path);
    this.#placed.set(path, placed);
    const names = this.#names.get(directory) ?? new Set();
    this.#names.set(directory, names.add(name));
    if (directory !== '/' && !this.exists(directory)) this.put(directory, { kind: 'directory' });
  }

  putText(path: string, text: string): void {
    this.put(path, { kind: 'text', text });
  }

  /** Adds a link from one absolute path to another, relative as the kernel writes it. */
  putLink(path: string, to: string): void {
    const from = splitPath(path).directory.split('/').slice(1);
    const parts = to.split('/').slice(1);
    let shared = 0;
    while (shared < from.length && from[shared] === parts[shared]) shared += 1;
    const target = [...from.slice(shared).map(() => '..'), ...parts.slice(shared)].join('/');
    this.put(path, { kind: 'link', target });
  }

  /** Removes a path and everything below it, including added objects. */
  hide(path: string): void {
    this.#drop(path);
    this.#hidden.add(path);
  }

  /** Restores the object of the host below at a path. */
  reveal(path: string): void {
    this.#drop(path);
  }

  /** The path without links in its directories, and at its end if `last`; `null` if a link leads out or in a circle. */
  canonical(path: string, last: boolean): string | null {
    const known = last ? this.#canonical.all : this.#canonical.butLast;
    let canonical = known.get(path);
    if (canonical === undefined) {
      canonical = this.#step(path, last);
      known.set(path, canonical);
    }
    return canonical;
  }

  /** A path that is not a link is in its directory, which is usually known; all others are followed from the root. */
  #step(path: string, last: boolean): string | null {
    const directory = above(path);
    if (directory === '' || /\/(\.|\/|$)/.test(path)) return this.#follow(path, last);
    const at = this.canonical(directory, true);
    if (at === null) return null;
    const next = join(at, path.slice(directory.length + 1));
    return last && typeof this.#linkAt(next) === 'string' ? this.#follow(path, last) : next;
  }

  #follow(path: string, last: boolean): string | null {
    const left = path.split('/').filter((part) => part !== '' && part !== '.');
    let at = '';
    for (let links = 0; left.length > 0; ) {
      const next = `${at}/${left.shift()}`;
      const target = left.length > 0 || last ? this.#linkAt(next) : null;
      if (typeof target !== 'string') {
        at = next;
        continue;
      }
      links += 1;
      const to = resolveLink(next, target);
      if (to === null || links > MAX_LINKS) return null;
      left.unshift(...to.split('/').filter((part) => part !== ''));
      at = '';
    }
    return at === '' ? '/' : at;
  }

  readBytes(path: string): Reading<Uint8Array> {
    return this.#read(
      path,
      (text) => ENCODER.encode(text),
      (at) => this.#base.readBytes(at),
    );
  }

  readText(path: string): Reading<string> {
    return this.#read(
      path,
      (text) => text,
      (at) => this.#base.readText(at),
    );
  }

  readTable(path: string): Reading<string> {
    return this.#read(
      path,
      (text) => text,
      (at) => this.#base.readTable(at),
    );
  }

  readLines(path: string, prefixes: readonly string[]): Reading<readonly string[]> {
    const matching = (text: string): readonly string[] =>
      text.split('\n').filter((line) => prefixes.some((prefix) => line.startsWith(prefix)));
    return this.#read(path, matching, (at) => this.#base.readLines(at, prefixes));
  }

  readLink(path: string): Reading<string> {
    const at = this.canonical(path, false);
    return at === null ? null : this.#linkAt(at);
  }

  list(path: string): Reading<readonly string[]> {
    const at = this.canonical(path, true);
    if (at === null || this.#isHidden(at)) return null;
    const placed = this.#placed.get(at);
    if (placed !== undefined && placed.kind !== 'directory') return placed.kind === 'unread' ? UNREAD : null;
    const own = this.#names.get(at);
    const isBase = placed === undefined && !this.#isBelowPlaced(at);
    const below = isBase ? this.#base.list(at) : placed === undefined ? null : [];
    if (below === null || 'unknown' in below) return below;
    const kept = this.#hidden.size === 0 ? below : below.filter((name) => !this.#hidden.has(join(at, name)));
    return own === undefined ? kept : [...new Set([...kept, ...own])].sort();
  }

  status(path: string): Reading<FileStatus> {
    const at = this.canonical(path, true);
    if (at === null || this.#isHidden(at)) return null;
    // The permissions of an added object are unknown.
    if (this.#placed.has(at)) return UNREAD;
    return this.#isBelowPlaced(at) ? null : this.#base.status(at);
  }

  deviceNumber(path: string): Reading<DeviceNumber> {
    return this.#base.deviceNumber(path);
  }

  exists(path: string): boolean {
    const at = this.canonical(path, true);
    if (at === null || this.#isHidden(at)) return false;
    return this.#placed.has(at) || (!this.#isBelowPlaced(at) && this.#base.exists(at));
  }

  #read<T>(path: string, take: (text: string) => T, below: (at: string) => Reading<T>): Reading<T> {
    const at = this.canonical(path, false);
    if (at === null || this.#isHidden(at)) return null;
    const placed = this.#placed.get(at);
    if (placed === undefined) return this.#isBelowPlaced(at) ? null : below(at);
    if (placed.kind === 'text') return take(placed.text);
    if (placed.kind === 'unread') return UNREAD;
    return { unknown: 'broken', detail: placed.kind === 'link' ? 'ELOOP' : 'EISDIR' };
  }

  #linkAt(at: string): Reading<string> {
    if (this.#isHidden(at)) return null;
    const placed = this.#placed.get(at);
    if (placed !== undefined) return placed.kind === 'link' ? placed.target : null;
    return this.#isBelowPlaced(at) ? null : this.#base.readLink(at);
  }

  /** Whether it, or a directory above it, was hidden, and not added again. */
  #isHidden(path: string): boolean {
    if (this.#hidden.size === 0 || this.#placed.has(path)) return false;
    return this.#hidden.has(path) || this.#changedAt(above(path)).isHidden;
  }

  /** Whether a directory above it is not from the host below, which then does not contain it. */
  #isBelowPlaced(path: string): boolean {
    return this.#placed.size > 0 && this.#changedAt(above(path)).isPlaced;
  }

  #changedAt(directory: string): Changed {
    if (directory === '') return UNCHANGED;
    let changed = this.#changed.get(directory);
    if (changed === undefined) {
      const { isPlaced, isHidden } = this.#changedAt(above(directory));
      changed = {
        isPlaced: isPlaced || this.#placed.has(directory),
        isHidden: isHidden || this.#hidden.has(directory),
      };
      this.#changed.set(directory, changed);
    }
    return changed;
  }

  #forget(): void {
    this.#canonical.all.clear();
    this.#canonical.butLast.clear();
    this.#changed.clear();
  }

  #drop(path: string): void {
    this.#forget();
    const below = `${path}/`;
    const { directory, name } = splitPath(path);
    this.#names.get(directory)?.delete(name);
    for (const at of [...this.#placed.keys()])
      if (at === path || at.startsWith(below)) this.#placed.delete(at);
    for (const at of [...this.#names.keys()]) if (at === path || at.startsWith(below)) this.#names.delete(at);
    for (const at of [...this.#hidden]) if (at === path || at.startsWith(below)) this.#hidden.delete(at);
  }
}

function isFile(placed: Placed | undefined): boolean {
  return placed?.kind === 'text' || placed?.kind === 'unread';
}

function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

/** The directory of a path; empty for a path in the root, which is never added or hidden. */
function above(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
