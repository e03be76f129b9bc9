import { describe, expect, it } from 'vitest';
import { parseEventRecords } from '../../../lib/machines/events/event-record.ts';
import { parseScripts, type ScriptEntry } from '../../../lib/machines/events/event-scripts.ts';
import { scriptsOf } from '../../../lib/machines/events/machine-event.ts';

const FOLDER = 'machines/r0/scripts';

function entry(
  path: string,
  text: string | Uint8Array = '#!/bin/sh\n',
  kind = 'program' as const,
): ScriptEntry {
  return { path, kind, bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text };
}

function scriptsIn(...entries: readonly ScriptEntry[]) {
  const { scripts, faults } = parseScripts(entries, FOLDER);
  expect(faults).toEqual([]);
  return scripts;
}

function faultsIn(...entries: readonly ScriptEntry[]): readonly string[] {
  const { scripts, faults } = parseScripts(entries, FOLDER);
  for (const { hint } of faults) expect(hint).not.toBe(null);
  expect(scripts.length).toBe(0);
  return faults.map(({ at, message }) => `${at.slice(FOLDER.length + 1)} ${message}`);
}

const withHeader = (words: string): string => `#!/bin/sh\n# portal: ${words}\n`;

describe('the scripts of a machine', () => {
  it('are in folders of events, with defaults', () => {
    expect(scriptsIn({ path: 'prepare.d', kind: 'folder', bytes: null }, entry('prepare.d/10-x'))).toEqual([
      {
        ...{ event: 'prepare', order: 10, timeoutMs: 60_000, onError: 'halt', text: '#!/bin/sh\n' },
        ...{ file: 'scripts/prepare.d/10-x', path: 'prepare.d/10-x' },
      },
    ]);
  });

  it('name their event in a header, in the comment of any language', () => {
    const words = 'on=started where=host order=7 timeout=500ms on-error=continue';
    for (const comment of ['#', '##', '//', '--', ';']) {
      const text = `#!/usr/bin/x\n\n${comment} portal: ${words}\r\n`;
      expect(scriptsIn(entry('x', text))).toMatchObject([
        {
          ...{ event: 'started', order: 7, timeoutMs: 500, onError: 'continue' },
          ...{ file: 'scripts/x', path: 'started.d/x' },
        },
      ]);
    }
    expect(scriptsIn(entry('release.d/x', withHeader('timeout=2min')))).toMatchObject([
      { event: 'release', timeoutMs: 120_000 },
    ]);
  });

  it('run by their numbers, and then by their names', () => {
    const scripts = scriptsIn(
      ...['stopped.d/b', 'stopped.d/100-c', 'stopped.d/9_d', 'stopped.d/a', 'start.d/1-e'].map((path) =>
        entry(path),
      ),
      entry('z', withHeader('on=stopped order=10')),
    );
    expect(scriptsOf(scripts, 'stopped').map(({ path }) => path)).toEqual([
      ...['stopped.d/9_d', 'stopped.d/z', 'stopped.d/a', 'stopped.d/b', 'stopped.d/100-c'],
    ]);
  });

  it('are installed and found again by the same rules', () => {
    const [first] = scriptsIn(entry('x', withHeader('on=stopped order=10 timeout=1s')));
    expect(scriptsIn(entry(first?.path ?? '', first?.text))).toMatchObject([
      { ...first, file: 'scripts/stopped.d/x' },
    ]);
  });

  it('are no hidden files, copies of editors, and texts without a header', () => {
    const text = entry('README', 'How to use them');
    expect(
      scriptsIn(
        ...[entry('.hidden'), entry('start.d/x~'), entry('.git/x')],
        { path: text.path, kind: 'file', bytes: text.bytes },
        {
          path: '.git',
          kind: 'folder',
          bytes: null,
        },
      ),
    ).toEqual([]);
  });
});

describe('a fault of a script', () => {
  it.each<readonly [string, string | Uint8Array, string]>([
    ['x', '#!/bin/sh\n', 'x names no event'],
    ['x', withHeader('order=1'), 'x:2 names no event'],
    ['x', withHeader('on=bot'), 'x:2 "bot" is not an event'],
    [
      'x',
      withHeader('on=boot'),
      'x:2 boot is an event of the guest, and portal does not run scripts in guests yet',
    ],
    ['boot.d/x', '#!/bin/sh\n', 'boot.d/x boot is an event of the guest, and portal'],
    ['x', withHeader('on=boot where=host'), 'x:2 where=host, but boot is an event of the guest'],
    ['x', withHeader('on=start where=guest'), 'x:2 where=guest, but start is an event of the host'],
    ['x', withHeader('on=start where=here'), 'x:2 where="here" is not valid'],
    ['x', withHeader('on=start order=ten'), 'x:2 order="ten" is not valid'],
    ['x', withHeader('on=start order=-1'), 'x:2 order="-1" is not valid'],
    ['x', withHeader('on=start timeout=60'), 'x:2 timeout="60" is not valid'],
    ['x', withHeader('on=start timeout=0s'), 'x:2 timeout="0s" is not valid'],
    ['x', withHeader('on=start timeout=11min'), 'x:2 timeout="11min" is not valid'],
    ['x', withHeader('on=start on-error=stop'), 'x:2 on-error="stop" is not valid'],
    ['x', withHeader('on=start ordre=1'), 'x:2 "ordre" is not a key of the header'],
    ['x', withHeader('on=start on=stopped'), 'x:2 "on" is given twice'],
    ['start.d/x', withHeader('on=stopped'), 'start.d/x:2 on=stopped does not match its folder start.d'],
    ['x', `${withHeader('on=start')}# portal: on=start\n`, 'x:3 is a second header; line 2 has one'],
    ['start.d/a b', '#!/bin/sh\n', 'start.d/a b its name is not valid'],
    ['start.d/$(x)', '#!/bin/sh\n', 'start.d/$(x) its name is not valid'],
    ['start.d/x', 'echo\n', 'start.d/x:1 does not begin with #!'],
    ['start.d/x', '#!/bin/sh\r\n', 'start.d/x:1 has line ends of Windows'],
    ['start.d/x', Uint8Array.of(0x23, 0x21, 0xff, 0xfe), 'start.d/x is not a text in UTF-8'],
    ['start.d/x', '#!/bin/sh\n\0', 'start.d/x is not a text in UTF-8'],
  ])('%s %j', (path, text, message) => {
    expect(faultsIn(entry(path, text))).toEqual([expect.stringContaining(message)]);
  });

  it('is what it is: no program, a link, a folder, too large, of no event', () => {
    const nothing = { bytes: null };
    expect(
      faultsIn(
        { path: 'start.d/a', kind: 'file', bytes: new TextEncoder().encode('#!/bin/sh\n') },
        { path: 'start.d/b', kind: 'link', ...nothing },
        { path: 'start.d/c', kind: 'folder', ...nothing },
        { path: 'start.d/d', kind: 'program', ...nothing },
        { path: 'stat.d', kind: 'folder', ...nothing },
        entry('stat.d/x'),
        { path: 'lib', kind: 'folder', ...nothing },
        entry('lib/x'),
      ),
    ).toEqual([
      'start.d/a cannot be executed',
      'start.d/b is a symbolic link',
      'start.d/c is not a file',
      'start.d/d cannot be read, or is larger than 64 KiB',
      'stat.d "stat" is not an event',
      'lib is not a folder of an event',
    ]);
  });

  it('is a second script of the same event and name, and one more than 64', () => {
    const { faults } = parseScripts([entry('start.d/x'), entry('x', withHeader('on=start'))], FOLDER);
    expect(faults).toMatchObject([
      { at: `${FOLDER}/x`, message: 'has the event and the name of scripts/start.d/x' },
    ]);
    const many = Array.from({ length: 65 }, (_, index) => entry(`start.d/${index}`));
    expect(parseScripts(many, FOLDER).faults).toMatchObject([{ at: FOLDER, message: 'has 65 scripts' }]);
  });

  it('shows the path in a command', () => {
    const { faults } = parseScripts([{ ...entry('start.d/x'), kind: 'file' }], FOLDER);
    expect(faults[0]?.hint).toBe(`make it a program: chmod +x ${FOLDER}/start.d/x`);
  });
});

describe('the record of events', () => {
  it('is read without lines that are none', () => {
    const record = {
      ...{ event: 'start', at: '2026-01-01T00:00:00.000Z', durationMs: 3, reason: null, device: null },
      scripts: [
        {
          ...{ path: 'start.d/x', order: 50, outcome: 'done', exitCode: 0, detail: null },
          ...{ durationMs: 2, output: 'a\nb', isCut: false },
        },
      ],
    };
    const line = JSON.stringify(record);
    const others = [
      ...['', '{', 'null', '[]', line.slice(0, 40), line.replace('"start"', '"begin"')],
      ...[line.replace('"done"', '"well"'), line.replace('[{', '[1,{'), line.replace('false', '0')],
    ];
    expect(parseEventRecords([...others, line, ''].join('\n'))).toEqual([record]);
  });
});
