import { resolveLink } from '../file/resolve-link.ts';
import type { DeviceNumber, FileStatus, HostReader, ReadFailure, Reading } from '../host-reader.ts';
import { type Snapshot, type SnapshotEntry, splitPath } from './snapshot.ts';

// The limit of the kernel.
const MAX_LINKS = 40;
const NOT_CAPTURED: ReadFailure = { unknown: 'unread', detail: 'not in the snapshot' };

const NOTHING_BELOW: ReadonlySet<SnapshotEntry['kind']> = new Set(['absent', 'text', 'bytes', 'lines']);
const UTF_8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * A snapshot as a host: it returns the answer of the captured host to every read, and `unread` for a path that was not
 * read.
 */
export class SnapshotHost implements HostReader {
  readonly label: string;
  readonly #snapshot: Snapshot;

  constructor(snapshot: Snapshot) {
    this.label = snapshot.label;
    this.#snapshot = snapshot;
  }

  /** The captured value itself. */
  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  readBytes(path: string): Reading<Uint8Array> {
    return this.#read(path, (entry) => {
      if (entry.kind === 'bytes') return entry.bytes;
      return entry.kind === 'text' ? new TextEncoder().encode(entry.text) : noFile(entry);
    });
  }

  readText(path: string): Reading<string> {
    return this.#read(path, (entry) => {
      if (entry.kind === 'text') return entry.text;
      return entry.kind === 'bytes' ? UTF_8.decode(entry.bytes) : noFile(entry);
    });
  }

  readTable(path: string): Reading<string> {
    return this.readText(path);
  }

  readLink(path: string): Reading<string> {
    return this.#read(path, (entry) => {
      if (entry.kind === 'link') return entry.target;
      // The capture would have recorded a link as one.
      return entry.kind === 'present' ? undefined : null;
    });
  }

  list(path: string): Reading<readonly string[]> {
    return this.#read(path, (entry) => {
      if (entry.kind === 'directory') return entry.names;
      return entry.kind === 'text' || entry.kind === 'bytes' || entry.kind === 'lines' ? null : undefined;
    });
  }

  status(path: string): Reading<FileStatus> {
    return this.#read(path, (entry) => (entry.kind === 'status' ? entry.status : undefined));
  }

  /** Device numbers are needed only for open files of processes, which a snapshot does not contain. */
  deviceNumber(): Reading<DeviceNumber> {
    return NOT_CAPTURED;
  }

  exists(path: string): boolean {
    const entry = this.#snapshot.entries.get(path);
    if (entry?.kind === 'link') return this.#leadsSomewhere(path);
    if (entry !== undefined) return entry.kind !== 'absent';
    return this.#listing(splitPath(path).directory)?.includes(splitPath(path).name) ?? false;
  }

  readLines(path: string, prefixes: readonly string[]): Reading<readonly string[]> {
    return this.#read(path, (entry) => {
      const lines =
        entry.kind === 'lines' ? entry.lines : entry.kind === 'text' ? entry.text.split('\n') : undefined;
      if (lines === undefined) return noFile(entry);
      return lines.filter((line) => prefixes.some((prefix) => line.startsWith(prefix)));
    });
  }

  /** Whether a link has a target. A link whose target was never read counts as having one. */
  #leadsSomewhere(path: string): boolean {
    let at: string | null = path;
    for (let links = 0; links <= MAX_LINKS; links += 1) {
      const entry = this.#snapshot.entries.get(at);
      if (entry?.kind !== 'link') return entry === undefined ? !this.#isAbsent(at) : entry.kind !== 'absent';
      at = resolveLink(at, entry.target);
      if (at === null) return true;
    }
    return false;
  }

  #read<T>(path: string, take: (entry: SnapshotEntry) => Reading<T> | undefined): Reading<T> {
    const entry = this.#snapshot.entries.get(path);
    if (entry === undefined) return this.#isAbsent(path) ? null : NOT_CAPTURED;
    if (entry.kind === 'absent') return null;
    if (entry.kind === 'failure') return { unknown: entry.unknown, detail: entry.detail };
    const value = take(entry);
    return value === undefined ? NOT_CAPTURED : value;
  }

  /** Whether a listing of a parent folder, or a recorded absence, shows that the path does not exist. */
  #isAbsent(path: string): boolean {
    for (let at = path; at !== '/'; ) {
      const { directory, name } = splitPath(at);
      const names = this.#listing(directory);
      if (names !== undefined) return !names.includes(name);
      const above = this.#snapshot.entries.get(directory);
      if (above !== undefined && NOTHING_BELOW.has(above.kind)) return true;
      at = directory;
    }
    return false;
  }

  #listing(path: string): readonly string[] | undefined {
    const entry = this.#snapshot.entries.get(path);
    return entry?.kind === 'directory' ? entry.names : undefined;
  }
}

/** The result of reading an entry that is not a file. Attributes are never links, so no link is followed. */
function noFile(entry: SnapshotEntry): ReadFailure | undefined {
  if (entry.kind === 'directory') return { unknown: 'broken', detail: 'EISDIR' };
  return entry.kind === 'link' ? { unknown: 'broken', detail: 'ELOOP' } : undefined;
}
