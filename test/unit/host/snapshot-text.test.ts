import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortalGunError } from '../../../lib/base/errors.ts';
import type { Snapshot, SnapshotEntry } from '../../../lib/host/snapshot/snapshot.ts';
import { SnapshotEntries } from '../../../lib/host/snapshot/snapshot-entries.ts';
import { looksLikeSnapshot, parseSnapshot } from '../../../lib/host/snapshot/snapshot-parser.ts';
import { formatSnapshot } from '../../../lib/host/snapshot/snapshot-text.ts';
import { errorOf } from '../../support/error-of.ts';
import { HostTree } from '../../support/host-tree.ts';

const ODD = [
  '\n',
  '\r',
  '\t',
  ' ',
  '\\',
  '\u00a0',
  '\u2028',
  '\u3000',
  '\ufeff',
  '\u202e',
  '\ud800',
  '\udc00',
  '\u{1f52b}',
];
const oddText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.oneof(fc.constantFrom(...ODD), fc.constantFrom(...' |=~:!->\\u{a}+')), { maxLength: 12 })
    .map((parts) => parts.join('')),
);
const oddName = oddText.filter((name) => name !== '' && !name.includes('/'));
const content: fc.Arbitrary<SnapshotEntry> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text: oddText }),
  fc.record({ kind: fc.constant('bytes' as const), bytes: fc.uint8Array({ maxLength: 70 }) }),
  fc.record({ kind: fc.constant('lines' as const), lines: fc.array(oddText) }),
  fc.record({ kind: fc.constant('link' as const), target: oddText }),
  fc.record({
    kind: fc.constant('failure' as const),
    unknown: fc.constantFrom('denied' as const, 'broken' as const),
    detail: oddText.filter((text) => text !== ''),
  }),
  fc.constant({ kind: 'no-link' as const }),
);

const steps = fc.array(
  fc.record({
    names: fc.array(oddName, { minLength: 1, maxLength: 4 }),
    entry: fc.option(content),
    unlisted: fc.boolean(),
  }),
  { maxLength: 12 },
);

/** A host of odd files, some directories of it not listed and with something known to be absent in them. */
const snapshots: fc.Arbitrary<Snapshot> = fc
  .record({ label: oddText, identifiers: fc.constantFrom('raw' as const, 'replaced' as const), steps })
  .map(({ label, identifiers, steps: list }) => {
    const tree = new HostTree();
    const contents = new Map<string, SnapshotEntry>();
    for (const { names, entry } of list) {
      const path = `/${names.join('/')}`;
      if (tree.has(path) || names.some((_, end) => contents.has(`/${names.slice(0, end).join('/')}`)))
        continue;
      if (entry === null) tree.directory(path);
      else {
        tree.text(path, '');
        contents.set(path, entry);
      }
    }
    const entries = new Map([...tree.snapshot(label).entries, ...contents]);
    for (const { names, unlisted } of list) {
      const path = `/${names.slice(0, -1).join('/')}`;
      if (!unlisted || entries.get(path)?.kind !== 'directory') continue;
      entries.delete(path);
      entries.set(`${path === '/' ? '' : path}/absent`, { kind: 'absent' });
    }
    return { label, identifiers, entries };
  });

/** What is known of a host beyond that something is there. */
const told = (snapshot: Snapshot) =>
  new Map([...snapshot.entries].filter(([, { kind }]) => kind !== 'present'));

describe('the text of a snapshot', () => {
  it('says all that the snapshot does', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        const text = formatSnapshot(snapshot);
        const parsed = parseSnapshot(text, 'text');
        expect([parsed.label, parsed.identifiers]).toEqual([snapshot.label, snapshot.identifiers]);
        expect(told(parsed)).toEqual(told(snapshot));
        expect(formatSnapshot(parsed)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('holds nothing that a terminal or an editor would act on', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        expect(formatSnapshot(snapshot)).not.toMatch(/[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });

  it('is readable', () => {
    const tree = new HostTree();
    tree.attribute('/sys/class', '0x020000');
    tree.text('/sys/uevent', 'DRIVER=igb\nPCI_CLASS=20000\n');
    tree.text('/sys/unfinished', 'one\ntwo');
    tree.text('/sys/empty', '');
    tree.bytes('/sys/config', Uint8Array.of(0x86, 0x80, ...Array<number>(30).fill(0), 0xff));
    tree.link('/sys/driver', '../bus/pci/drivers/igb');
    tree.deny('/sys/vpd');
    tree.directory('/sys/a folder\u001b');
    expect(formatSnapshot(tree.snapshot('my host')).split('\n')).toEqual([
      'portal-gun snapshot 1',
      'host: my\\u{20}host',
      'identifiers: raw',
      '',
      '/:',
      '  sys',
      '',
      '/sys:',
      '  a\\u{20}folder\\u{1b}',
      '  class = 0x020000',
      '  config : 33',
      '    000  86 80 00 00 00 00 00 00 00 00 00 00 00 00 00 00',
      '    020  ff',
      '  driver -> ../bus/pci/drivers/igb',
      '  empty =',
      '  uevent =',
      '    | DRIVER=igb',
      '    | PCI_CLASS=20000',
      '  unfinished =',
      '    | one',
      '    | two',
      '    \\',
      '  vpd ! denied EACCES',
      '',
      '/sys/a\\u{20}folder\\u{1b}:',
      '',
      'end',
      '',
    ]);
  });
});

describe('damaged text', () => {
  const HEAD = ['portal-gun snapshot 1', 'host: x', 'identifiers: raw'];
  const section = (...members: string[]): readonly string[] => [...HEAD, '', '/sys:', ...members];

  it.each<readonly [string, readonly string[], number, RegExp]>([
    ['nothing', [], 1, /not a snapshot/],
    ['another file', ['#!/bin/sh'], 1, /not a snapshot/],
    ['a later format', ['portal-gun snapshot 2', 'host: x'], 1, /cannot read.*\(portal-gun snapshot 2\)/],
    ['a format that goes on', ['portal-gun snapshot 10'], 1, /cannot read/],
    ['the first line alone', HEAD.slice(0, 1), 2, /"host:"/],
    ['no host', [HEAD[0] as string, 'identifiers: raw'], 2, /"host:"/],
    ['no identifiers', [...HEAD.slice(0, 2), ''], 3, /"identifiers:"/],
    ['other identifiers', [...HEAD.slice(0, 2), 'identifiers: some'], 3, /raw or replaced/],
    ['a section without an empty line', [...HEAD, '/sys:'], 5, /section/],
    ['an empty line and no section', [...HEAD, ''], 5, /section/],
    ['a section that is no path', [...HEAD, '', 'sys:'], 5, /section/],
    ['a section without its colon', [...HEAD, '', '/sys'], 5, /section/],
    ['a section with blanks in it', [...HEAD, '', '/sys x:'], 5, /section/],
    ['a member that stands out', section(' class = 1'), 6, /two spaces/],
    ['a member that stands in', section('   class = 1'), 6, /two spaces/],
    ['a sign that is none', section('  class ? 1'), 6, /two spaces/],
    ['rows of nothing', section('  class', '    | x'), 7, /two spaces/],
    ['a failure of another kind', section('  vpd ! lost EACCES'), 6, /after "!"/],
    ['a failure without its code', section('  vpd ! denied'), 6, /after "!"/],
    ['an unread file', section('  vpd ! unread x'), 6, /after "!"/],
    ['bytes without a size', section('  config :', '    000  86'), 6, /size/],
    ['bytes of a size that is no number', section('  config : 0x10'), 6, /size/],
    ['bytes past all bounds', section('  config : 65537'), 6, /65536/],
    ['a row past the end', section('  config : 4', '    000  86 80 00 00', '    004  01'), 8, /past the end/],
    ['a row that is too long', section('  config : 64', `    000 ${' 00'.repeat(17)}`), 7, /two spaces/],
    ['digits that are none', section('  config : 2', '    000  86 8g'), 7, /two spaces/],
    [
      'text past all bounds',
      section('  vpd =', ...Array(40_000).fill('    | a')),
      32775,
      /more than 65537 characters/,
    ],
    ['a row without its offset', section('  config : 2', '    86 80'), 7, /two spaces/],
  ])('%s is refused', (_, lines, line, message) => {
    const text = lines.map((each) => `${each}\n`).join('');
    const error = errorOf(() => parseSnapshot(text, 'the file'));
    expect(error.code).toBe('BAD_SNAPSHOT');
    expect(error.subject).toBe('the file');
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(new RegExp(`^line ${line}: `));
  });

  it('never gives anything but a snapshot or that error', () => {
    const whole = formatSnapshot(fc.sample(snapshots, { seed: 1, numRuns: 40 }).at(-1) as Snapshot);
    const damage = fc.record({ at: fc.nat(whole.length), cut: fc.nat(8), text: oddText });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (places) => {
        let text = whole;
        for (const { at, cut, text: insert } of places)
          text = text.slice(0, at) + insert + text.slice(at + cut);
        try {
          expect(parseSnapshot(text, 'x').entries).toBeInstanceOf(SnapshotEntries);
        } catch (error) {
          expect(error).toBeInstanceOf(PortalGunError);
        }
      }),
    );
  });

  it('is refused wherever it was cut at the end of a line', () => {
    const whole = formatSnapshot(fc.sample(snapshots, { seed: 2, numRuns: 40 }).at(-1) as Snapshot);
    const ends = [...whole.matchAll(/\n/g)].map(({ index }) => index + 1).slice(0, -1);
    expect(ends.length).toBeGreaterThan(5);
    for (const end of ends) expect(() => parseSnapshot(whole.slice(0, end), 'x')).toThrow(PortalGunError);
  });

  it('is told from other files by its first line', () => {
    expect(looksLikeSnapshot(Buffer.from('portal-gun snapshot 9\n'))).toBe(true);
    expect(looksLikeSnapshot(Buffer.from(' portal-gun snapshot 1\n'))).toBe(false);
    expect(looksLikeSnapshot(Buffer.from(''))).toBe(false);
  });
});
