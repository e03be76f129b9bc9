import { type Snapshot, type SnapshotEntry, splitPath } from './snapshot.ts';
import { FolderEntries, SnapshotEntries } from './snapshot-entries.ts';

/*
 * The text of a snapshot: one section for each directory and one line for each name, so that `diff` shows each change at
 * its place.
 *
 *   portal-gun snapshot 1
 *   host: galaxy
 *   identifiers: replaced
 *
 *   /sys/devices/pci0000:00/0000:00:02.0:
 *     class = 0x020000                        a file of one line
 *     config : 256                            bytes, in rows; rows of zeros are omitted
 *       000  86 80 c9 10 …
 *     driver -> ../../../bus/pci/drivers/igb  a link
 *     kvm % character 660 0 992               type, mode, owner and group; it was not read
 *     msi_irqs                                it exists, and was not read
 *     uevent =                                a file of several lines; `\` if the last has no line end
 *       | DRIVER=igb
 *       | PCI_CLASS=20000
 *     vpd ! denied EACCES                     could not be read
 *     bonding_masters ! no-link               it exists, is not a link, and was not read
 *     reset ! absent                          it does not exist; only if the directory was not listed
 *     modules.alias ~                         the requested lines of a table
 *       | alias pci:v00008086d000010C9* igb
 *
 * The last line is `end`, which an incomplete file lacks.
 *
 * ` +` before the colon of a section means that the directory itself was not listed: it may contain more.
 */

/** The first line of a snapshot, with the number of its format. */
export const MAGIC = 'portal-gun snapshot 1';

/** The last line of a snapshot. */
export const END = 'end';

const HEX_ROW = 16;

/** Writes a snapshot as text; the same snapshot gives the same text. */
export function formatSnapshot(snapshot: Snapshot): string {
  return [...snapshotPieces(snapshot)].join('');
}

/** The same in pieces, a section each, as they are asked for: the text of a large host takes more memory than the host. */
export function* snapshotPieces({
  label,
  identifiers,
  entries: given,
}: Snapshot): Generator<string, undefined> {
  const entries = SnapshotEntries.byFolder(given);
  const members = new Map(entries.folders());
  const paths = new Set(members.keys());
  for (const [path, entry] of entries) if (entry.kind === 'directory') paths.add(path);
  yield `${MAGIC}\nhost: ${escapeName(label)}\nidentifiers: ${identifiers}\n`;
  for (const path of [...paths].sort()) yield sectionText(path, members.get(path) ?? NOTHING, entries);
  yield `\n${END}\n`;
  return undefined;
}

const NOTHING = new FolderEntries();

/** A folder with its entries; empty if nothing is known about it. */
function sectionText(path: string, members: FolderEntries, entries: SnapshotEntries): string {
  const listing = entries.get(path);
  const isListed = listing?.kind === 'directory';
  const known = new Map<string, SnapshotEntry>(isListed ? listing.names.map((name) => [name, PRESENT]) : []);
  // A listed directory implies which names it does not have, and so does an absent one.
  const isTold = isListed || isAbsent(entries, path);
  for (const [name, entry] of members) {
    if (entry.kind !== 'directory' && !(entry.kind === 'absent' && isTold)) known.set(name, entry);
  }
  if (known.size === 0 && !isListed) return '';
  const lines = ['', `${escapeName(path)}${isListed ? '' : ' +'}:`];
  for (const name of [...known.keys()].sort()) {
    pushMember(lines, escapeName(name), known.get(name) as SnapshotEntry);
  }
  return `${lines.join('\n')}\n`;
}

const PRESENT: SnapshotEntry = { kind: 'present' };

function isAbsent(entries: ReadonlyMap<string, SnapshotEntry>, path: string): boolean {
  for (let at = path; at !== '/'; at = splitPath(at).directory) {
    if (entries.get(at)?.kind === 'absent') return true;
  }
  return false;
}

function pushMember(lines: string[], name: string, entry: SnapshotEntry): void {
  switch (entry.kind) {
    case 'present':
      lines.push(`  ${name}`);
      break;
    case 'link':
      lines.push(`  ${name} -> ${escapeName(entry.target)}`);
      break;
    case 'failure':
      lines.push(`  ${name} ! ${entry.unknown} ${escapeName(entry.detail)}`);
      break;
    case 'absent':
      lines.push(`  ${name} ! absent`);
      break;
    case 'no-link':
      lines.push(`  ${name} ! no-link`);
      break;
    case 'status': {
      const { kind, mode, userId, groupId } = entry.status;
      lines.push(`  ${name} % ${kind} ${mode.toString(8)} ${userId} ${groupId}`);
      break;
    }
    case 'text':
      pushText(lines, name, entry.text);
      break;
    case 'lines':
      lines.push(`  ${name} ~`, ...entry.lines.map((line) => `    | ${escapeText(line)}`));
      break;
    case 'bytes':
      lines.push(`  ${name} : ${entry.bytes.length}`, ...hexRows(entry.bytes));
      break;
    case 'directory':
      throw new TypeError('a directory is a section, never a member');
  }
}

function pushText(lines: string[], name: string, text: string): void {
  const rows = text.split('\n');
  const ended = rows.at(-1) === '';
  if (ended) rows.pop();
  if (ended && rows.length === 1) {
    lines.push(`  ${name} = ${escapeText(rows[0] ?? '')}`);
    return;
  }
  lines.push(`  ${name} =`, ...rows.map((row) => `    | ${escapeText(row)}`));
  if (!ended) lines.push('    \\');
}

function hexRows(bytes: Uint8Array): string[] {
  const rows: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += HEX_ROW) {
    const row = bytes.subarray(offset, offset + HEX_ROW);
    if (row.every((byte) => byte === 0)) continue;
    const digits = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    rows.push(`    ${offset.toString(16).padStart(3, '0')}  ${digits}`);
  }
  return rows;
}

/** Escapes characters that would break a line or are invisible on a terminal; in names, also spaces. */
function escapeText(text: string): string {
  return text.replace(/[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) =>
    character === '\\' ? '\\\\' : character === '\t' ? '\t' : codePointEscape(character),
  );
}

function escapeName(text: string): string {
  return escapeText(text).replace(/\s/gu, codePointEscape);
}

function codePointEscape(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
