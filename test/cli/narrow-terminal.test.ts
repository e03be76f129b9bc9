import { describe, expect, it } from 'vitest';
import { PCI_PROGRAM } from '../../lib/cli/tables/pci-program.ts';
import { PORTAL_PROGRAM } from '../../lib/cli/tables/portal-program.ts';
import { DEVICE_COLUMNS, WIDE_COLUMNS } from '../../lib/render/inventory/device-columns.ts';
import textWidth from '../../lib/render/layout/text-width.ts';
import { FIXTURE_NAMES } from '../support/fixture-hosts.ts';
import { BUNDLED_NAMES, fixture, pciInside, portalInside, words } from '../support/pci-program.ts';
import { shortNames } from '../support/short-names.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Every command on every fixture at several widths. What a real terminal changes is tried in terminal.test.ts.

// The machines of the lab have the same cards: one of them with VFs and one without is enough.
const HOSTS = FIXTURE_NAMES.filter((name) => !['lab-amd', 'lab-none', 'lab-virtio'].includes(name));
const NAMES = shortNames(temporaryFolder());
const WIDTHS = [40, 41, 60, 80, 120] as const;

const COLUMNS = Object.keys(DEVICE_COLUMNS);
const LISTS: readonly string[] = [
  'list',
  `list --columns ${COLUMNS.join(',')}`,
  `list --columns ${[...WIDE_COLUMNS].reverse().join(',')}`,
];
const PAIRS = COLUMNS.filter((name) => name !== 'address').map((name) => `list --columns ${name},address`);

async function linesOf(line: string, columns?: number): Promise<readonly string[]> {
  const { stdout } = await pciInside(words(line), columns);
  return stdout.split('\n').slice(0, -1);
}

async function expectToFit(line: string, columns: number): Promise<readonly string[]> {
  const lines = await linesOf(line, columns);
  const tooWide = lines.filter((each) => textWidth(each) > columns);
  expect({ line, columns, tooWide }).toEqual({ line, columns, tooWide: [] });
  return lines;
}

/** Options that read a fixture. */
function of(host: string): string {
  return ['', '--host', fixture(host), ...NAMES].join(' ');
}

describe('the names of the fixtures', () => {
  it.each(HOSTS)('of %s are in the short list as in the whole', async (host) => {
    const line = `list --columns device,subsystem,kind,id --host ${fixture(host)}`;
    expect(await linesOf([line, ...NAMES].join(' '))).toEqual(
      await linesOf([line, ...BUNDLED_NAMES].join(' ')),
    );
  });
});

describe('list', () => {
  it.each(HOSTS)('of %s fits, with each address whole', async (host) => {
    const addresses = await linesOf(`list --columns address --no-header${of(host)}`);
    const runs = [
      ...LISTS.flatMap((line) => WIDTHS.map((columns) => [line, columns] as const)),
      ...PAIRS.map((line) => [line, 40] as const),
    ];
    for (const [line, columns] of runs) {
      const [, ...rows] = await expectToFit(line + of(host), columns);
      expect(addresses.filter((address, index) => rows[index]?.includes(address) !== true)).toEqual([]);
    }
  });

  it.each(HOSTS)('of %s has all that fits and says what it left out', async (host) => {
    for (const columns of WIDTHS) {
      const [headings = '', ...lines] = await linesOf(`list${of(host)}`, columns);
      const remark = lines.slice(lines.findIndex((line) => line.startsWith('Omitted'))).join(' ');
      const leftOut = /^Omitted: (.*); --wide shows all\.$/.exec(remark)?.[1]?.split(', ') ?? [];
      const shown = headings.toLowerCase().split(/ +/);
      const all = ['address', 'class', 'device', 'driver', 'group', 'notes'];
      if (lines.length > 0) expect([...shown, ...leftOut]).toEqual(all);
      else expect(headings).toBe('');
    }
  });

  it.each(HOSTS)('--wide of %s is never cut', async (host) => {
    const piped = await linesOf(`list --wide${of(host)}`);
    const narrow = await linesOf(`list --wide${of(host)}`, 40);
    expect(narrow.slice(0, piped.length)).toEqual(piped);
  });
});

describe('what is wrapped', () => {
  /** What is said, wherever lines were broken. */
  const wordsOf = (lines: readonly string[]): string => lines.join('').replaceAll(/\s+/g, '');

  it.each(HOSTS)('show of %s fits and says the same', async (host) => {
    const addresses = await linesOf(`list --columns address --no-header${of(host)}`);
    // 64 VFs are all alike.
    for (const address of addresses.slice(0, 8)) {
      const line = `show ${address}${of(host)}`;
      const whole = wordsOf(await linesOf(line));
      for (const columns of WIDTHS) expect(wordsOf(await expectToFit(line, columns))).toBe(whole);
    }
  });

  it.each(HOSTS)('diff of %s and others fits and says the same', async (host) => {
    for (const other of ['gpu-desktop', 'hostile-names'] as const) {
      const line = ['diff', fixture(host), fixture(other), ...NAMES].join(' ');
      const whole = wordsOf(await linesOf(line));
      for (const columns of WIDTHS) expect(wordsOf(await expectToFit(line, columns))).toBe(whole);
    }
  });

  it.each(HOSTS)('validate of %s fits and says the same', async (host) => {
    for (const line of [`validate${of(host)}`, `validate --all${of(host)}`]) {
      const whole = wordsOf(await linesOf(line));
      for (const columns of WIDTHS) expect(wordsOf(await expectToFit(line, columns))).toBe(whole);
    }
  });

  it.each(PCI_PROGRAM.commands.map(({ name }) => name))('help of %s fits', async (name) => {
    for (const columns of WIDTHS) await expectToFit(`${name} --help`, columns);
  });

  it.each(PORTAL_PROGRAM.commands.map(({ name }) => name))('help of portal %s fits', async (name) => {
    for (const columns of WIDTHS) {
      const { stdout } = await portalInside([...name.split(' '), '--help'], columns);
      expect(stdout.split('\n').filter((line) => textWidth(line) > columns)).toEqual([]);
    }
  });
});

describe('groups and tree', () => {
  const addressesOf = (lines: readonly string[]): readonly string[] =>
    lines.flatMap((line) => /^[│├└─ ]*([0-9a-f:]{5,}\.[0-7])(?: |$)/.exec(line)?.slice(1) ?? []);

  it.each(HOSTS)('of %s fit, with each address whole, in its order', async (host) => {
    const devices = await linesOf(`list --columns address --no-header${of(host)}`);
    for (const command of ['groups', 'groups --viable', 'tree']) {
      const whole = addressesOf(await linesOf(command + of(host), 0));
      if (command === 'tree') expect(whole).toHaveLength(devices.length);
      for (const columns of WIDTHS)
        expect(addressesOf(await expectToFit(command + of(host), columns))).toEqual(whole);
    }
  });

  it.each(HOSTS)('groups of %s lose nothing but the ends of names', async (host) => {
    const textOf = async (columns: number): Promise<string> => {
      const text = (await linesOf(`groups${of(host)}`, columns)).join('\n');
      return text.replaceAll(/^ {2}[0-9a-f:]+\.[0-7] {2}.*?(?=\s+\([^()]+\)$)/gm, '').replaceAll(/\s+/g, '');
    };
    const whole = await textOf(0);
    for (const columns of WIDTHS) expect(await textOf(columns)).toBe(whole);
  });
});

describe('without a terminal, or on one that says it has no columns', () => {
  it.each(HOSTS)('nothing of %s is cut', async (host) => {
    for (const command of ['list', 'list --wide', 'groups', 'tree']) {
      const piped = await linesOf(command + of(host));
      const columnless = await linesOf(command + of(host), 0);
      expect(`${piped.join('\n')}${columnless.join('\n')}`).not.toContain('…');
      if (command === 'groups') expect(columnless).toEqual(piped);
    }
  });
});
