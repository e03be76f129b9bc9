import { describe, expect, it } from 'vitest';
import { TreeHost } from '../../../lib/host/file/tree-host.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { RecordingHost } from '../../../lib/host/snapshot/recording-host.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../../lib/host/snapshot/snapshot-parser.ts';
import { formatSnapshot } from '../../../lib/host/snapshot/snapshot-text.ts';
import { OverlayHost } from '../../../lib/simulation/overlay-host.ts';
import { asNobody } from '../../support/as-nobody.ts';
import { HostTree } from '../../support/host-tree.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTree } from '../../support/write-tree.ts';

const ALIASES = ['alias pci:v1* b', 'alias pci:v1d2* a', 'alias usb:v1* c', 'alias pci:v2* d'];

// Whoever wrote the tree owns it.
const STATUS = {
  kind: 'file',
  mode: 0o640,
  userId: process.getuid?.() ?? 0,
  groupId: process.getgid?.() ?? 0,
} as const;

const tree = new HostTree();
tree.attribute('/sys/one', 'a value');
tree.text('/sys/empty', '');
tree.text('/sys/unfinished', 'first\n\nlast');
tree.text('/sys/marked', '\uFEFFtext\n');
tree.bytes('/sys/bytes', Uint8Array.of(0x86, 0x80, 0xff, 0x00, 0x0a));
tree.bytes('/sys/page', new Uint8Array(4096).fill(7));
tree.bytes('/sys/pages', new Uint8Array(10_000).fill(0x61));
tree.bytes('/sys/most', new Uint8Array(65_536).fill(0x62));
tree.bytes('/sys/more', new Uint8Array(65_537).fill(0x63));
for (const name of ['virtfn2', 'virtfn10', 'Z', 'é']) tree.attribute(`/sys/folder/${name}`, name);
tree.status('/sys/status', STATUS);
tree.directory('/sys/hollow');
tree.link('/sys/link', 'folder/virtfn2');
tree.link('/sys/chain', 'link');
tree.link('/sys/folder-link', '../sys/folder');
tree.link('/sys/dangling', '../nowhere/at/all');
tree.link('/sys/loop', 'loop');
tree.deny('/sys/denied');
tree.text('/lib/modules.alias', ALIASES.map((line) => `${line}\n`).join(''));
const description = tree.snapshot('contract');

const folder = temporaryFolder();
writeTree(description, folder);

const treeHost = new TreeHost(folder, 'contract');
const snapshotHost = new SnapshotHost(description);

/** A host of what was recorded while `probe` ran over another, once as it stands and once through its text. */
function captured(host: HostReader, probe: (host: HostReader) => unknown): readonly HostReader[] {
  const recording = new RecordingHost(host);
  probe(recording);
  const text = formatSnapshot(recording.snapshot());
  return [new SnapshotHost(recording.snapshot()), new SnapshotHost(parseSnapshot(text, 'text'))];
}

const HOSTS: readonly (readonly [string, HostReader])[] = [
  ['TreeHost', treeHost],
  ['SnapshotHost', snapshotHost],
  ['RecordingHost over TreeHost', new RecordingHost(treeHost)],
  ['RecordingHost over SnapshotHost', new RecordingHost(snapshotHost)],
  ['OverlayHost over TreeHost', new OverlayHost(treeHost)],
  ['OverlayHost over SnapshotHost', new OverlayHost(snapshotHost)],
];

/** Bytes as a text that says what they are of, since comparing arrays one element at a time is slow. */
const shown = (answer: unknown): unknown =>
  answer instanceof Uint8Array
    ? `${answer.constructor.name} ${Buffer.from(answer).toString('latin1')}`
    : answer;
const plain = (latin1: string): string => `Uint8Array ${latin1}`;
const broken = (detail: string) => ({ unknown: 'broken', detail });
const DENIED = { unknown: 'denied', detail: 'EACCES' };

type Method = 'readBytes' | 'readText' | 'readLink' | 'list' | 'status' | 'exists';
const PROBES: readonly (readonly [Method, string, unknown])[] = [
  ['readText', '/sys/one', 'a value\n'],
  ['readText', '/sys/empty', ''],
  ['readText', '/sys/unfinished', 'first\n\nlast'],
  ['readText', '/sys/marked', '\uFEFFtext\n'],
  ['readText', '/sys/bytes', '\uFFFD\uFFFD\uFFFD\0\n'],
  ['readText', '/sys/page', '\u0007'.repeat(4096)],
  ['readText', '/sys/most', 'b'.repeat(65_536)],
  ['readText', '/sys/missing', null],
  ['readText', '/missing/below', null],
  ['readText', '/sys/one/below', null],
  ['readText', '/sys/denied', DENIED],
  ['readText', '/sys/folder', broken('EISDIR')],
  ['readText', '/sys/link', broken('ELOOP')],
  ['readText', '/sys/loop', broken('ELOOP')],
  ['readText', '/sys/dangling', broken('ELOOP')],
  ['readBytes', '/sys/one', plain('a value\n')],
  ['readBytes', '/sys/empty', plain('')],
  ['readBytes', '/sys/marked', plain('\xef\xbb\xbftext\n')],
  ['readBytes', '/sys/bytes', plain('\x86\x80\xff\0\n')],
  ['readBytes', '/sys/page', plain('\u0007'.repeat(4096))],
  ['readBytes', '/sys/pages', plain('a'.repeat(10_000))],
  ['readBytes', '/sys/most', plain('b'.repeat(65_536))],
  ['readBytes', '/sys/missing', null],
  ['readBytes', '/sys/denied', DENIED],
  ['readBytes', '/sys/folder', broken('EISDIR')],
  ['readBytes', '/sys/link', broken('ELOOP')],
  ['readLink', '/sys/link', 'folder/virtfn2'],
  ['readLink', '/sys/chain', 'link'],
  ['readLink', '/sys/folder-link', '../sys/folder'],
  ['readLink', '/sys/dangling', '../nowhere/at/all'],
  ['readLink', '/sys/loop', 'loop'],
  ['readLink', '/sys/one', null],
  ['readLink', '/sys/folder', null],
  ['readLink', '/sys/missing', null],
  ['readLink', '/missing/below', null],
  ['list', '/sys/folder', ['Z', 'virtfn10', 'virtfn2', 'é']],
  ['list', '/sys/hollow', []],
  ['list', '/', ['lib', 'sys']],
  ['list', '/sys/missing', null],
  ['list', '/missing/below', null],
  ['status', '/sys/status', STATUS],
  ['status', '/sys/missing', null],
  ['status', '/missing/below', null],
  ['exists', '/sys/status', true],
  ['exists', '/sys/one', true],
  ['exists', '/sys/folder', true],
  ['exists', '/sys/hollow', true],
  ['exists', '/sys/denied', true],
  ['exists', '/sys/link', true],
  ['exists', '/sys/chain', true],
  ['exists', '/sys/folder-link', true],
  ['exists', '/sys/dangling', false],
  ['exists', '/sys/loop', false],
  ['exists', '/sys/missing', false],
  ['exists', '/missing/below', false],
];

describe.each(HOSTS)('%s', (_, host) => {
  it.each(PROBES)('%s %s', (method, path, expected) => {
    expect(shown(asNobody(() => host[method](path)))).toEqual(expected);
  });

  it.each(PROBES)('captured, %s %s', (method, path, expected) => {
    const answers = asNobody(() => captured(host, (recording) => recording[method](path)));
    expect(answers.map((each) => shown(each[method](path)))).toEqual([expected, expected]);
  });

  it.each([
    [['alias pci:v1'], ALIASES.slice(0, 2)],
    [['alias usb:', 'alias pci:v1d'], ALIASES.slice(1, 3)],
    [['alias nothing'], []],
    [[], []],
  ])('reads the lines that begin with %j', (prefixes, expected) => {
    const path = '/lib/modules.alias';
    expect(host.readLines(path, prefixes)).toEqual(expected);
    const answers = captured(host, (recording) => recording.readLines(path, prefixes));
    // What was captured piece by piece has lost the order.
    const sorted = [...expected].sort();
    expect(answers.map((each) => each.readLines(path, prefixes))).toEqual([sorted, sorted]);
  });

  it('says of lines what it says of text where there are none', () => {
    const read = (path: string) => asNobody(() => host.readLines(path, ['']));
    expect(read('/sys/missing')).toBeNull();
    expect(read('/sys/denied')).toEqual(DENIED);
    expect(read('/sys/folder')).toEqual(broken('EISDIR'));
    expect(read('/sys/link')).toEqual(broken('ELOOP'));
  });

  it('finds no names in a file', () => {
    expect(host.list('/sys/one')).toBeNull();
  });

  it('has the label that it was given', () => {
    expect(host.label).toBe('contract');
  });
});

describe('where the hosts differ', () => {
  it('a tree bounds what it reads, as a capture of it then has it', () => {
    expect(treeHost.readBytes('/sys/more')).toEqual(broken('EFBIG'));
    expect(treeHost.readText('/sys/more')).toEqual(broken('EFBIG'));
    const [host] = captured(treeHost, (recording) => recording.readBytes('/sys/more'));
    expect(host?.readBytes('/sys/more')).toEqual(broken('EFBIG'));
  });

  it('a tree follows links on the way, a snapshot has only the paths that were read', () => {
    expect(treeHost.readText('/sys/folder-link/Z')).toBe('Z\n');
    expect(treeHost.list('/sys/folder-link')).toEqual(['Z', 'virtfn10', 'virtfn2', 'é']);
    const unread = { unknown: 'unread', detail: 'not in the snapshot' };
    expect(snapshotHost.readText('/sys/folder-link/Z')).toEqual(unread);
    expect(snapshotHost.list('/sys/folder-link')).toEqual(unread);
  });

  it('a tree knows that a denied file is no link, a snapshot that it was denied', () => {
    expect(treeHost.readLink('/sys/denied')).toBeNull();
    expect(snapshotHost.readLink('/sys/denied')).toEqual(DENIED);
  });

  it('what was not read is unread in a capture, never absent', () => {
    const unread = { unknown: 'unread', detail: 'not in the snapshot' };
    const seen = captured(treeHost, (recording) => {
      recording.exists('/sys/one');
      recording.readLink('/sys/bytes');
      recording.list('/sys/folder');
    });
    for (const host of seen) {
      expect(host.readText('/sys/one')).toEqual(unread);
      expect(host.readLink('/sys/one')).toEqual(unread);
      expect(host.readBytes('/sys/bytes')).toEqual(unread);
      expect(host.list('/sys/bytes')).toEqual(unread);
      expect(host.readText('/sys/folder/Z')).toEqual(unread);
      expect(host.readText('/sys/folder/A')).toBeNull();
      expect(host.readText('/proc/version')).toEqual(unread);
      expect(host.readLines('/lib/modules.alias', [''])).toEqual(unread);
    }
  });
});

describe('RecordingHost', () => {
  const kept = (probe: (host: HostReader) => unknown, path: string) => {
    const recording = new RecordingHost(treeHost);
    probe(recording);
    return recording.snapshot().entries.get(path);
  };

  it('keeps the more telling of two answers for one path', () => {
    const bytes = { kind: 'bytes', bytes: Uint8Array.of(0x86, 0x80, 0xff, 0x00, 0x0a) };
    const path = '/sys/bytes';
    expect(kept((host) => [host.readBytes(path), host.readText(path)], path)).toEqual(bytes);
    expect(kept((host) => [host.readText(path), host.readBytes(path)], path)).toEqual(bytes);
    expect(kept((host) => [host.readBytes(path), host.list(path)], path)).toEqual(bytes);
    expect(kept((host) => [host.exists(path), host.readBytes(path)], path)).toEqual(bytes);
    expect(kept((host) => [host.readBytes(path), host.exists(path)], path)).toEqual(bytes);
    expect(kept((host) => [host.readBytes(path), host.readLink(path)], path)).toEqual(bytes);
    const directory = { kind: 'directory', names: [] };
    expect(kept((host) => [host.list('/sys/hollow'), host.readText('/sys/hollow')], '/sys/hollow')).toEqual(
      directory,
    );
    const link = { kind: 'link', target: '../sys/folder' };
    const at = '/sys/folder-link';
    expect(kept((host) => [host.readLink(at), host.list(at), host.readText(at)], at)).toEqual(link);
  });

  it('joins the lines of several readings', () => {
    const path = '/lib/modules.alias';
    const entry = kept(
      (host) => [host.readLines(path, ['alias pci:v1']), host.readLines(path, ['alias'])],
      path,
    );
    expect(entry).toEqual({ kind: 'lines', lines: [...ALIASES].sort() });
  });

  it('passes on what a snapshot has not, and does not keep it', () => {
    const recording = new RecordingHost(
      new SnapshotHost({ label: 'x', identifiers: 'raw', entries: new Map() }),
    );
    expect(recording.readText('/sys/one')).toEqual({ unknown: 'unread', detail: 'not in the snapshot' });
    expect(recording.snapshot().entries.size).toBe(0);
  });
});
