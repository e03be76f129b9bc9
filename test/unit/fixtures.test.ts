import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSnapshot } from '../../lib/host/snapshot-parser.ts';
import { formatSnapshot } from '../../lib/host/snapshot-text.ts';
import { FIXTURE_HOSTS, FIXTURE_NAMES } from '../support/fixture-hosts.ts';

const folder = join(import.meta.dirname, '../../fixtures');
const fileOf = (name: string): string => join(folder, `${name}.snapshot`);

/** Captured on a machine, and so not described. */
const CAPTURED = ['lab-intel'];
const ALL = [...FIXTURE_NAMES, ...CAPTURED].sort();

describe('fixtures', () => {
  it.each(FIXTURE_NAMES)('%s is what its description gives', (name) => {
    const text = formatSnapshot(FIXTURE_HOSTS[name]());
    if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(fileOf(name), text);
    expect(readFileSync(fileOf(name), 'utf8')).toBe(text);
    expect(formatSnapshot(parseSnapshot(text, name))).toBe(text);
  });

  it.each(CAPTURED)('%s is in the form that it would be written in now', (name) => {
    const text = readFileSync(fileOf(name), 'utf8');
    expect(formatSnapshot(parseSnapshot(text, name))).toBe(text);
  });

  it('are all described or captured, and have a line in the README', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.snapshot'));
    expect(files.sort()).toEqual(ALL.map((name) => `${name}.snapshot`));
    const rows = readFileSync(join(folder, 'README.md'), 'utf8').match(/^\| `[^`]+` \|/gm);
    expect(rows?.map((row) => row.slice(3, -3)).sort()).toEqual(ALL);
  });
});
