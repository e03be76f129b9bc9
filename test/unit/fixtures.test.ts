import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSnapshot } from '../../lib/host/snapshot/snapshot-parser.ts';
import { formatSnapshot } from '../../lib/host/snapshot/snapshot-text.ts';
import { CAPTURED_FIXTURES, FIXTURE_HOSTS, FIXTURE_NAMES, MADE_FIXTURES } from '../support/fixture-hosts.ts';

const folder = join(import.meta.dirname, '../../fixtures');
const fileOf = (name: string): string => join(folder, `${name}.snapshot`);
const MAX_CAPTURED_BYTES = 175_000;

const ALL = [...FIXTURE_NAMES].sort();

describe('fixtures', () => {
  it.each(MADE_FIXTURES)('%s is what its description gives', (name) => {
    const text = formatSnapshot(FIXTURE_HOSTS[name]());
    if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(fileOf(name), text);
    expect(readFileSync(fileOf(name), 'utf8')).toBe(text);
    expect(formatSnapshot(parseSnapshot(text, name))).toBe(text);
  });

  it.each(CAPTURED_FIXTURES)('%s is as it was captured, and small', (name) => {
    const text = readFileSync(fileOf(name), 'utf8');
    const snapshot = parseSnapshot(text, name);
    expect(formatSnapshot(snapshot)).toBe(text);
    expect(snapshot.identifiers).toBe('replaced');
    expect(text.length).toBeLessThan(MAX_CAPTURED_BYTES);
  });

  it('are all described or captured, and have a line in the README', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.snapshot'));
    expect(files.map((file) => file.replace('.snapshot', '')).sort()).toEqual(ALL);
    const rows = readFileSync(join(folder, 'README.md'), 'utf8').match(/^\| `[^`]+` \|/gm);
    expect(rows?.map((row) => row.slice(3, -3)).sort()).toEqual(ALL);
  });
});
