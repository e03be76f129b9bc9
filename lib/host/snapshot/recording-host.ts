import { resolveLink } from '../file/resolve-link.ts';
import {
  type DeviceNumber,
  type FileStatus,
  type HostReader,
  isFailure,
  type Reading,
} from '../host-reader.ts';
import type { Snapshot, SnapshotEntry } from './snapshot.ts';
import { SnapshotEntries } from './snapshot-entries.ts';

/**
 * A host that passes every read to another host and records the answer. Capturing runs the ordinary readers over it,
 * so that a snapshot contains exactly what they read.
 */
export class RecordingHost implements HostReader {
  readonly label: string;
  readonly #host: HostReader;
  #entries = new SnapshotEntries();
  /** Whether the snapshot was returned: later reads must not change it. */
  #areGiven = false;

  constructor(host: HostReader) {
    this.label = host.label;
    this.#host = host;
  }

  /** The recorded reads. */
  snapshot(): Snapshot {
    this.#areGiven = true;
    return { label: this.label, identifiers: 'raw', entries: this.#entries };
  }

  readBytes(path: string): Reading<Uint8Array> {
    return this.#keep(path, this.#host.readBytes(path), (bytes) => ({ kind: 'bytes', bytes }));
  }

  readText(path: string): Reading<string> {
    return this.#keep(path, this.#host.readText(path), (text) => ({ kind: 'text', text }));
  }

  readTable(path: string): Reading<string> {
    return this.#keep(path, this.#host.readTable(path), (text) => ({ kind: 'text', text }));
  }

  readLink(path: string): Reading<string> {
    return this.#keep(path, this.#host.readLink(path), (target) => ({ kind: 'link', target }));
  }

  list(path: string): Reading<readonly string[]> {
    return this.#keep(path, this.#host.list(path), (names) => ({ kind: 'directory', names }));
  }

  status(path: string): Reading<FileStatus> {
    const reading = this.#host.status(path);
    if (reading === null || isFailure(reading)) return this.#keep(path, reading, () => ({ kind: 'present' }));
    this.#add(path, { kind: 'status', status: reading });
    return reading;
  }

  /** Not recorded: it describes running processes. */
  deviceNumber(path: string): Reading<DeviceNumber> {
    return this.#host.deviceNumber(path);
  }

  exists(path: string): boolean {
    const there = this.#host.exists(path);
    if (there) this.#add(path, { kind: 'present' });
    else this.#keepDangling(path);
    return there;
  }

  readLines(path: string, prefixes: readonly string[]): Reading<readonly string[]> {
    return this.#keep(path, this.#host.readLines(path, prefixes), (lines) => {
      const before = this.#entries.get(path);
      const kept = before?.kind === 'lines' ? before.lines : [];
      return { kind: 'lines', lines: [...new Set([...kept, ...lines])].sort() };
    });
  }

  #keep<T>(path: string, reading: Reading<T>, entry: (value: T) => SnapshotEntry): Reading<T> {
    if (reading === null) this.#keepNothing(path);
    else if (!isFailure(reading)) this.#keepContent(path, entry(reading));
    else if (reading.unknown !== 'unread') {
      this.#add(path, { kind: 'failure', unknown: reading.unknown, detail: reading.detail });
    }
    return reading;
  }

  #keepContent(path: string, entry: SnapshotEntry): void {
    const known = this.#entries.get(path)?.kind;
    // Text may have lost bytes that are not UTF-8, but bytes contain both; and the target of a link has its own path.
    if (entry.kind === 'text' ? known === 'bytes' : entry.kind === 'directory' && known === 'link') return;
    this.#set(path, entry);
  }

  /** The path cannot be read in this way, but it may exist: a file has no target, and no names. */
  #keepNothing(path: string): void {
    if (!this.#host.exists(path)) this.#add(path, { kind: 'absent' });
    else if (this.#host.readLink(path) === null) this.#add(path, { kind: 'no-link' });
  }

  #keepDangling(path: string): void {
    const target = this.#host.readLink(path);
    if (typeof target !== 'string') return;
    this.#set(path, { kind: 'link', target });
    const at = resolveLink(path, target);
    if (at !== null && !this.#host.exists(at)) this.#add(at, { kind: 'absent' });
  }

  /** Never replaces an entry that contains more. */
  #add(path: string, entry: SnapshotEntry): void {
    const known = this.#entries.get(path);
    if (known === undefined || (known.kind === 'present' && entry.kind !== 'present')) {
      this.#set(path, entry);
    }
  }

  #set(path: string, entry: SnapshotEntry): void {
    if (this.#areGiven) {
      this.#entries = SnapshotEntries.of(this.#entries);
      this.#areGiven = false;
    }
    this.#entries.set(path, entry);
  }
}
