import { PortalGunError } from '../../base/errors.ts';
import { type FileStatus, MAX_ATTRIBUTE_BYTES, MAX_TABLE_BYTES } from '../host-reader.ts';
import type { Identifiers, Snapshot, SnapshotEntry } from './snapshot.ts';
import { SnapshotEntries } from './snapshot-entries.ts';
import { END, MAGIC } from './snapshot-text.ts';
import { TextLines, type TextPieces } from './text-lines.ts';

/** What a snapshot of any format begins with. */
const CLAIM = 'portal-gun snapshot';

/** More than a host with 32,768 functions has. */
const MAX_ENTRIES = 2_000_000;

/**
 * Reads the text of a snapshot, also as the bytes of its file. These may come in pieces.
 *
 * @throws PortalGunError BAD_SNAPSHOT, with the line
 */
export function parseSnapshot(rawText: string | Uint8Array | TextPieces, subject: string): Snapshot {
  return new SnapshotParser(rawText, subject).parse();
}

/** Whether the bytes of a file claim to be a snapshot. */
export function looksLikeSnapshot(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, CLAIM.length)).toString('latin1') === CLAIM;
}

class SnapshotParser {
  readonly #lines: TextLines;
  readonly #subject: string;
  readonly #entries = new SnapshotEntries();
  #fileCount = 0;

  constructor(rawText: string | Uint8Array | TextPieces, subject: string) {
    this.#lines = new TextLines(rawText);
    this.#subject = subject;
  }

  parse(): Snapshot {
    const magic = this.#lines.next();
    if (magic !== MAGIC) {
      throw this.#error(
        magic?.startsWith(CLAIM)
          ? `is a snapshot in a format that this version cannot read (${magic.slice(0, 40)})`
          : 'is not a snapshot',
      );
    }
    const label = unescapeText(this.#header('host'));
    const identifiers = this.#header('identifiers');
    if (identifiers !== 'raw' && identifiers !== 'replaced')
      throw this.#error('identifiers: raw or replaced');
    for (;;) {
      if (this.#lines.peek() === undefined)
        throw this.#error(`does not contain the line "${END}": the file is incomplete`);
      if (this.#section() === 'end') break;
    }
    return { label, identifiers: identifiers satisfies Identifiers, entries: this.#entries };
  }

  #header(name: string): string {
    const line = this.#lines.next();
    if (line === undefined || !line.startsWith(`${name}: `)) throw this.#error(`lacks its "${name}:" line`);
    return line.slice(name.length + 2);
  }

  #error(what: string): PortalGunError {
    return new PortalGunError('BAD_SNAPSHOT', `line ${Math.max(1, this.#lines.number)}: ${what}`, {
      subject: this.#subject,
    });
  }

  /** Reads a section, or the last line, which is at the place of a section. */
  #section(): 'more' | 'end' {
    const blank = this.#lines.next();
    const header = this.#lines.next();
    if (blank === '' && header === END && this.#lines.peek() === undefined) return 'end';
    const match = blank === '' && header !== undefined ? /^(\/\S*)( \+)?:$/.exec(header) : null;
    if (match === null) throw this.#error('a section must begin with an empty line and its directory');
    const path = unescapeText(match[1] as string);
    const isListed = match[2] === undefined;
    const names: string[] = [];
    for (let line = this.#lines.peek(); line !== undefined && line !== ''; line = this.#lines.peek()) {
      this.#lines.next();
      this.#member(path === '/' ? '' : path, line, names, isListed);
    }
    if (isListed) this.#entries.set(path, { kind: 'directory', names: names.sort() });
    return 'more';
  }

  #member(directory: string, line: string, names: string[], isListed: boolean): void {
    const match = /^ {2}(\S+)(?: (->|[=~:!%])(?: (.*))?)?$/.exec(line);
    if (match === null) throw this.#error('expected two spaces, a name and an entry');
    this.#fileCount += 1;
    if (this.#fileCount > MAX_ENTRIES) throw this.#error(`contains more than ${MAX_ENTRIES} files`);
    const name = unescapeText(match[1] as string);
    const path = `${directory}/${name}`;
    const rest = match[3];
    const entry = this.#entry(match[2], rest);
    if (entry.kind !== 'absent') names.push(name);
    // That it exists is in the listing: half of the names of a large host have no other entry.
    if (entry.kind === 'present' && (isListed || this.#entries.has(path))) return;
    this.#entries.set(path, entry);
  }

  #entry(sign: string | undefined, rest: string | undefined): SnapshotEntry {
    switch (sign) {
      case undefined:
        return { kind: 'present' };
      case '->':
        return { kind: 'link', target: unescapeText(rest ?? '') };
      case '=':
        if (rest !== undefined) return { kind: 'text', text: `${unescapeText(rest)}\n` };
        return { kind: 'text', text: this.#textRows() };
      case '~':
        return { kind: 'lines', lines: this.#rows(MAX_TABLE_BYTES) };
      case ':':
        return { kind: 'bytes', bytes: this.#bytes(rest ?? '') };
      case '%':
        return { kind: 'status', status: this.#status(rest ?? '') };
      default:
        return this.#failure(rest ?? '');
    }
  }

  #failure(rest: string): SnapshotEntry {
    if (rest === 'absent' || rest === 'no-link') return { kind: rest };
    const match = /^(denied|broken) (\S+)$/.exec(rest);
    if (match === null) throw this.#error('after "!" comes absent, no-link, denied CODE or broken CODE');
    return {
      kind: 'failure',
      unknown: match[1] as 'denied' | 'broken',
      detail: unescapeText(match[2] as string),
    };
  }

  #status(rest: string): FileStatus {
    const match = /^(file|directory|character|block|other) ([0-7]{1,4}) (\d{1,10}) (\d{1,10})$/.exec(rest);
    if (match === null) throw this.#error('after "%" come what it is, its mode, owner and group');
    const [, kind, mode = '', userId, groupId] = match;
    return {
      kind: kind as FileStatus['kind'],
      mode: Number.parseInt(mode, 8),
      userId: Number(userId),
      groupId: Number(groupId),
    };
  }

  /** @param mostLength the maximum length of a file, in characters */
  #rows(mostLength: number): string[] {
    const rows: string[] = [];
    let length = 0;
    for (let line = this.#lines.peek(); line?.startsWith('    |') === true; line = this.#lines.peek()) {
      this.#lines.next();
      const row = unescapeText(line.slice(6));
      length += row.length + 1;
      if (length > mostLength) throw this.#error(`one file has more than ${mostLength} characters`);
      rows.push(row);
    }
    return rows;
  }

  #textRows(): string {
    const text = this.#rows(MAX_ATTRIBUTE_BYTES + 1).join('\n');
    if (this.#lines.peek() === '    \\') {
      this.#lines.next();
      return text;
    }
    return text === '' ? '' : `${text}\n`;
  }

  #bytes(rawSize: string): Uint8Array {
    const sizeBytes = /^\d{1,6}$/.test(rawSize) ? Number(rawSize) : Number.NaN;
    if (!(sizeBytes <= MAX_ATTRIBUTE_BYTES))
      throw this.#error(`a size of at most ${MAX_ATTRIBUTE_BYTES} bytes comes after ":"`);
    const bytes = new Uint8Array(sizeBytes);
    for (;;) {
      const match = /^ {4}([0-9a-f]{3,5}) {2}([0-9a-f]{2}(?: [0-9a-f]{2}){0,15})$/.exec(
        this.#lines.peek() ?? '',
      );
      if (match === null) return bytes;
      this.#lines.next();
      const offset = Number.parseInt(match[1] as string, 16);
      const row = (match[2] as string).split(' ').map((digits) => Number.parseInt(digits, 16));
      if (offset + row.length > sizeBytes) throw this.#error('a row reaches past the end of its file');
      bytes.set(row, offset);
    }
  }
}

function unescapeText(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:\\|u\{([0-9a-f]{1,6})\})/g, (whole, digits: string | undefined) => {
    if (digits === undefined) return '\\';
    const code = Number.parseInt(digits, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
