import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FIXTURE_NAMES } from '../support/fixture-hosts.ts';
import { BUNDLED_NAMES, fixture, pci, pciInside, ROOT, words } from '../support/pci-program.ts';

// What a person reads, kept whole so that a change of it is seen. After a change that is meant:
// UPDATE_GOLDEN=1 npx vitest run test/cli/golden-text.test.ts, and read the difference.

const folder = join(import.meta.dirname, 'golden');

/** What is run beside list, groups and tree, by fixture. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  'all-denied': ['show 01:00.0', 'list --wide'],
  'amd-iommu': ['show 00:00.2', 'validate'],
  'broken-config': ['show 00:01.0', 'show 00:02.0', 'show 00:04.0', 'show 00:05.0', 'list --verbose'],
  'direct-region': ['groups --viable', 'xml 00:1f.6'],
  'gpu-desktop': [
    'list --wide',
    'show 01:00.0',
    'show 02:00.0',
    'show 03:00.0',
    'show 00:01.0',
    'xml 01:00.0',
    'xml 03:00.0',
    'rom list',
    'rom dump 01:00.0 -o /made-up/card.rom --dry-run',
    'validate --all',
    'validate 01:00.0 --for gpu',
  ],
  'hostile-names': ['list --wide', 'show 00:19.0', 'show 00:1a.3', 'rom list'],
  'lab-amd': ['show 00:01.0', 'rom list', 'rom dump 03:00.0 -o /made-up/card.rom --dry-run'],
  'lab-intel-vfio': [
    'list --wide',
    'show 01:10.2',
    'show block=nvme0n1',
    'show 09:01.0',
    'xml 01:10.0',
    'xml 01:10.2 --mac 02:00:00:00:00:03 --vlan 100 --teaming ua-uplink',
    'xml 01:10.2 --as hostdev --managed no',
    'xml 03:00.0',
    'xml 03:00.0 --group --rom on --guest-address 05:00.0',
    'xml 07:00.0 --boot-order 1 --json',
    'xml 01:00.0 --pool uplinks',
    'xml 01:10.0 01:10.2 --pool uplinks --vlan 100',
    'xml 00:04.0',
  ],
  'lab-virtio': ['show 00:01.0', 'show 07:00.0'],
  'no-iommu': ['show 01:00.0', 'xml 01:00.0', 'validate --for passthrough'],
  'no-pci': ['validate'],
  'shared-group': ['show 01:00.0', 'show 01:00.1', 'groups 01:00.1', 'tree 01:00.1'],
  'sixty-four-vfs': ['show pf', 'list pf', 'groups pf'],
  'virtio-iommu': ['show 00:03.0'],
  'vmd-domain': ['show 10000:e1:00.0', 'tree 10000:e1:00.0', 'xml 10000:e1:00.0'],
};

const DIFFS = [
  ['gpu-desktop', 'gpu-desktop'],
  ['gpu-desktop', 'shared-group'],
  ['shared-group', 'direct-region'],
  ['all-denied', 'vmd-domain'],
] as const;

const HELP = ['', 'list', 'show', 'groups', 'tree', 'snapshot', 'diff', 'validate'];

// The built program for the fixture whose text is hardest to measure and to escape, and for that with which it tells
// where it has its names from; for the others it is run without a process each.
const APART: readonly string[] = [fixture('hostile-names'), fixture('broken-config')];

/** A command and all that came of it. */
async function transcript(line: string, ...more: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await (more.some((word) => APART.includes(word)) ? pci : pciInside)([
    ...words(line),
    ...more,
  ]);
  const status = exitCode === 0 ? '' : `(exit ${exitCode})\n`;
  const remarks = stderr.replaceAll(ROOT, '.').replace(/^(?=.)/gm, '! ');
  return `$ pci ${line}\n${stdout}${remarks}${status}\n`;
}

async function expectGolden(name: string, parts: readonly Promise<string>[]): Promise<void> {
  const text = (await Promise.all(parts)).join('');
  const file = join(folder, `${name}.txt`);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

describe('text', () => {
  it.each(FIXTURE_NAMES)('of %s', async (name) => {
    const lines = ['list', 'groups', 'tree', ...(MORE[name] ?? [])];
    await expectGolden(
      name,
      lines.map((line) => transcript(line, '--host', fixture(name), ...BUNDLED_NAMES)),
    );
  });

  it('of diff', async () => {
    await expectGolden(
      'diff',
      DIFFS.map((pair) => transcript(`diff ${pair.map(fixture).join(' ')}`, ...BUNDLED_NAMES)),
    );
  });

  it('of help', async () => {
    await expectGolden(
      'help',
      HELP.map((command) => transcript(`${command} --help`.trim())),
    );
  });

  it('is kept for these alone', () => {
    const files = [...FIXTURE_NAMES, 'diff', 'help'].map((name) => `${name}.txt`);
    expect(readdirSync(folder).sort()).toEqual(files.sort());
  });
});
