import { describe, expect, it } from 'vitest';
import { DEVICE_COLUMNS, WIDE_COLUMNS } from '../../lib/render/device-columns.ts';
import textWidth from '../../lib/render/text-width.ts';
import { FIXTURE_NAMES, type FixtureName } from '../support/fixture-hosts.ts';
import { BUNDLED_NAMES, fixture, pciInside, words } from '../support/pci-program.ts';

// Every command on every fixture at several widths. What a real terminal changes is tried in terminal.test.ts.

const WIDTHS = [40, 41, 60, 80, 120] as const;

const COLUMNS = Object.keys(DEVICE_COLUMNS);
const LISTS: readonly string[] = [
  'list',
  `list --columns ${COLUMNS.join(',')}`,
  `list --columns ${[...WIDE_COLUMNS].reverse().join(',')}`,
];
const PAIRS = COLUMNS.filter((name) => name !== 'address').map((name) => `list --columns ${name},address`);

async function linesOf(line: string, host: FixtureName, columns?: number): Promise<readonly string[]> {
  const { stdout } = await pciInside([...words(line), '--host', fixture(host), ...BUNDLED_NAMES], columns);
  return stdout.split('\n').slice(0, -1);
}

async function expectToFit(line: string, host: FixtureName, columns: number): Promise<readonly string[]> {
  const lines = await linesOf(line, host, columns);
  const tooWide = lines.filter((each) => textWidth(each) > columns);
  expect({ line, columns, tooWide }).toEqual({ line, columns, tooWide: [] });
  return lines;
}

describe('list', () => {
  it.each(FIXTURE_NAMES)('of %s fits, with each address whole', async (host) => {
    const addresses = await linesOf('list --columns address --no-header', host);
    const runs = [
      ...LISTS.flatMap((line) => WIDTHS.map((columns) => [line, columns] as const)),
      ...PAIRS.map((line) => [line, 40] as const),
    ];
    for (const [line, columns] of runs) {
      const [, ...rows] = await expectToFit(line, host, columns);
      expect(addresses.filter((address, index) => rows[index]?.includes(address) !== true)).toEqual([]);
    }
  });

  it.each(FIXTURE_NAMES)('of %s has all that fits and says what it left out', async (host) => {
    for (const columns of WIDTHS) {
      const [headings = '', ...lines] = await linesOf('list', host, columns);
      const remark = lines.slice(lines.findIndex((line) => line.startsWith('Left out'))).join(' ');
      const leftOut = /^Left out: (.*); --wide shows all\.$/.exec(remark)?.[1]?.split(', ') ?? [];
      const shown = headings.toLowerCase().split(/ +/);
      const all = ['address', 'class', 'device', 'driver', 'group', 'notes'];
      if (lines.length > 0) expect([...shown, ...leftOut]).toEqual(all);
      else expect(headings).toBe('');
    }
  });

  it.each(FIXTURE_NAMES)('--wide of %s is never cut', async (host) => {
    const piped = await linesOf('list --wide', host);
    const narrow = await linesOf('list --wide', host, 40);
    expect(narrow.slice(0, piped.length)).toEqual(piped);
  });
});
