import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

/*
 * The programs do nothing that a user of the library cannot: a value that lib/cli takes from a room where something is decided, read or
 * changed is exported by lib/index.ts, or is called by a method of a session.
 */

const ROOT = join(import.meta.dirname, '..');
const FACE = 'lib/index.ts';
/** Their methods are the face of the operations that they load. */
const SESSIONS = [
  'lib/operations/open-session.ts',
  'lib/operations/looking-session.ts',
  'lib/operations/machine-session.ts',
  'lib/operations/store-session.ts',
];
const ROOMS = /^lib\/(base|host|pci|facts|libvirt|checks|sysfs|plan|apply|operations)\//;
/**
 * What is of the program itself and decides nothing of a host: text that is counted, escaped and suggested, the process with its streams,
 * and the line of a file that an error is printed with.
 */
const PRINTING = [
  ...['lib/base/text.ts', 'lib/base/yaml-file.ts'],
  ...['lib/host/live/plain-output.ts', 'lib/host/live/late-line.ts'],
  ...['lib/host/live/process-streams.ts', 'lib/host/this-process.ts'],
];

type Values = ReadonlySet<string>;

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** `file name` for each value that a file names in declarations of a kind, types left out. */
function valuesIn(file: string, declarations: RegExp): readonly string[] {
  return [...textOf(file).matchAll(declarations)].flatMap(({ groups }) => {
    const from = normalize(join(dirname(file), groups?.['from'] ?? ''));
    return (groups?.['names'] ?? '')
      .split(',')
      .map((name) => name.trim().split(/ as |: /)[0] ?? '')
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => `${from} ${name}`);
  });
}

const EXPORTS = /^export \{(?<names>[^}]*)\} from '(?<from>[^']+)';/gm;
const IMPORTS = /^import \{(?<names>[^}]*)\} from '(?<from>\.[^']+)';/gm;
const LOADS = /const \{(?<names>[^}]*)\} = await import\('(?<from>\.[^']+)'\)/g;

function cliFiles(): readonly string[] {
  return readdirSync(join(ROOT, 'lib/cli'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('lib/cli', name));
}

function hiddenAmong(used: readonly string[], offered: Values): readonly string[] {
  const hidden = used.filter(
    (value) => ROOMS.test(value) && !offered.has(value) && !PRINTING.includes(value.split(' ')[0] ?? ''),
  );
  return [...new Set(hidden)].sort();
}

const offered: Values = new Set([
  ...valuesIn(FACE, EXPORTS),
  ...SESSIONS.flatMap((file) => valuesIn(file, LOADS)),
]);
const used = cliFiles().flatMap((file) => [...valuesIn(file, IMPORTS), ...valuesIn(file, LOADS)]);

it('the command line uses no value that a user of the library cannot', () => {
  expect(hiddenAmong(used, offered)).toEqual([]);
});

it('sees what is used and what is offered', () => {
  expect(offered.size).toBeGreaterThan(100);
  expect(offered).toContain('lib/operations/inventory/list-devices.ts listDevices');
  expect(used).toContain('lib/operations/inventory/list-devices.ts listDevices');
  expect(used.length).toBeGreaterThan(200);
  expect(hiddenAmong(['lib/pci/made-up.ts value', 'lib/render/made-up.ts value'], offered)).toEqual([
    'lib/pci/made-up.ts value',
  ]);
});
