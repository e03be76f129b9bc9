import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../lib/host/snapshot/snapshot.ts';
import { FIXTURE_HOSTS } from '../support/fixture-hosts.ts';
import { buildHost } from '../support/host-builder.ts';
import { hostFile } from '../support/host-file.ts';
import { gigabitNic, hostBridge, nvmeController } from '../support/hosts/functions.ts';
import { fixture, type Outcome, pci, pciInside } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { networkInterface, nvmeDrive } from '../support/things.ts';
import { writeTree } from '../support/write-tree.ts';

// Trees that somebody made to hang, fill or fool whoever reads them.

const folder = temporaryFolder();
const BOUND_MS = 120_000;
const ADDRESS = '0000:00:19.0';
const DEVICE = `sys/devices/pci0000:00/${ADDRESS}`;

// Controls that are no end of a line, and those of 8 bits, which some terminals act on as well.
// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;
// What hides or reorders the text around it.
const FORMAT = /[\u200b-\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/;

function expectClean({ stdout, stderr }: Outcome): void {
  for (const text of [stdout, stderr]) {
    expect(CONTROL.exec(text)).toBeNull();
    expect(FORMAT.exec(text)).toBeNull();
  }
}

function plainHost(): Snapshot {
  return buildHost({
    label: 'plain',
    functions: [
      hostBridge(),
      gigabitNic(ADDRESS, { driver: undefined, below: networkInterface('eth0', '52:54:00:00:00:01') }),
      nvmeController('0000:00:1a.0', { below: nvmeDrive(0, 'SERIAL1', 1000) }),
    ],
  });
}

const EVERY: readonly (readonly string[])[] = [
  ...[['list'], ['list', '--wide'], ['list', '--json'], ['groups'], ['tree'], ['tree', '--json']],
  ...[['show', ADDRESS], ['show', ADDRESS, '--json'], ['snapshot']],
  ...[
    ['xml', ADDRESS],
    ['xml', ADDRESS, '--json'],
  ],
];

/** Changes the directory of a tree that is as any other before. */
type Damage = (root: string) => void;

const TREES: Readonly<Record<string, Damage>> = {
  'an attribute of 1 GiB': (root) => {
    for (const name of ['uevent', 'vendor', 'config', 'resource', 'vpd']) {
      writeFileSync(join(root, DEVICE, name), '');
      truncateSync(join(root, DEVICE, name), 2 ** 30);
    }
  },
  'attributes that are FIFOs': (root) => {
    for (const name of ['uevent', 'class', 'config', 'numa_node', 'reset_method', 'vpd', 'label']) {
      rmSync(join(root, DEVICE, name), { force: true });
      execFileSync('mkfifo', [join(root, DEVICE, name)]);
    }
    execFileSync('mkfifo', [join(root, 'sys/class/net/fifo'), join(root, 'sys/bus/pci/slots/fifo')]);
  },
  'links that loop': (root) => {
    for (const name of ['driver', 'iommu_group', 'physfn', 'virtfn0', 'loop']) {
      symlinkSync(name, join(root, DEVICE, name));
    }
    for (const name of ['uevent', 'config']) {
      rmSync(join(root, DEVICE, name));
      symlinkSync(name, join(root, DEVICE, name));
    }
    // A device below itself, and a directory that holds its own parent.
    mkdirSync(join(root, DEVICE, 'usb1'));
    symlinkSync('../usb1', join(root, DEVICE, 'usb1/1-1'));
    symlinkSync(`../../../devices/pci0000:00/${ADDRESS}`, join(root, DEVICE, 'net/up'));
    symlinkSync('../../../devices/pci0000:00', join(root, 'sys/bus/pci/devices/0000:00:1c.0'));
  },
  'a directory of 100,000 entries': (root) => {
    for (const path of [`${DEVICE}/net`, 'sys/bus/pci/devices']) {
      const names = Array.from({ length: 100_000 }, (_, index) => `x${index}`);
      execFileSync('xargs', ['touch'], { cwd: join(root, path), input: names.join('\n') });
    }
  },
  'directories in one another, as deep as a path may be': (root) => {
    let at = join(root, DEVICE);
    // Ports of USB hubs, which are walked into; a path has at most 4096 bytes.
    while (at.length < 4080) at += '/1-1';
    mkdirSync(at, { recursive: true });
    const bridges = Array.from(
      { length: 200 },
      (_, bus) => `0000:${(bus + 1).toString(16).padStart(2, '0')}:00.0`,
    );
    mkdirSync(join(root, 'sys/devices/pci0000:00', ...bridges), { recursive: true });
  },
  'directories where files should be': (root) => {
    for (const name of ['uevent', 'class', 'config', 'resource']) {
      rmSync(join(root, DEVICE, name));
      mkdirSync(join(root, DEVICE, name));
    }
  },
};

describe('drivers and interfaces whose names are escape sequences', () => {
  const EVIL = 'evil\u001b]8;;http://evil\u0007\u202e';
  const file = join(folder, 'evil.snapshot');
  const addresses = ['00:01.0', '01:00.0', '02:00.0', '03:00.0'];
  beforeAll(() => {
    const text = readFileSync(fixture('gpu-desktop'), 'utf8');
    const evil = text
      .replaceAll(/DRIVER=[\w-]+/g, `DRIVER=${EVIL}`)
      .replaceAll(/(driver -> .*\/)[\w-]+$/gm, `$1${EVIL}`)
      .replaceAll('enp3s0', EVIL);
    expect(evil).not.toBe(text);
    writeFileSync(file, evil);
  });

  it.each([
    ...['list', 'list --wide', 'groups', 'tree', 'validate', 'validate --all', 'rom list', 'sriov list'],
    ...addresses.flatMap((address) =>
      [
        ...['show', 'xml', 'validate', 'rom inspect', 'bind --dry-run', 'unbind --dry-run'],
        ...['bind --script', 'unbind --script', 'sriov set --dry-run --vfs 1'],
      ].map((words) => words.replace(/ (?=--)|$/, ` ${address} `).trim()),
    ),
  ])('%s', async (line) => {
    const outcome = await pciInside([...line.split(/ +/), '--host', file]);
    expect(outcome.exitCode).toBeLessThan(8);
    expect(outcome.stdout + outcome.stderr).not.toBe('');
    expectClean(outcome);
  });
});

describe.each(Object.entries(TREES))('%s', (name, damage) => {
  const root = join(folder, name.replace(/\W/g, '-'));
  beforeAll(() => {
    writeTree(plainHost(), root);
    damage(root);
  });

  const outcomes = new Map<string, Promise<Outcome>>();
  /** What a command says of the tree; it is run once. */
  const said = (...args: readonly string[]): Promise<Outcome> => {
    const key = args.join(' ');
    const outcome = outcomes.get(key) ?? pci([...args, '--host', root], { timeoutMs: BOUND_MS });
    outcomes.set(key, outcome);
    return outcome;
  };

  it.each(EVERY)('%s %s %s', async (...args) => {
    const start = performance.now();
    const outcome = await said(...args.filter((word) => word !== undefined));
    expect({ exitCode: outcome.exitCode, took: performance.now() - start < BOUND_MS }).toEqual({
      exitCode: 0,
      took: true,
    });
    expectClean(outcome);
  });

  it('the other devices are there, and what is wrong is told', async () => {
    const { stdout, stderr } = await said('list', '--json');
    const { devices } = JSON.parse(stdout) as {
      devices: { address: string; vendor: unknown; blockDevices: unknown }[];
    };
    expect(devices.map(({ address }) => address)).toEqual(
      expect.arrayContaining(['0000:00:00.0', ADDRESS, '0000:00:1a.0']),
    );
    const drive = devices.find(({ address }) => address === '0000:00:1a.0');
    expect(drive).toMatchObject({ vendor: { id: '144d' }, blockDevices: ['nvme0n1'] });
    expect(stderr).toBe('');
    const shown = await said('show', ADDRESS, '--json');
    const { diagnostics } = JSON.parse(shown.stdout) as { diagnostics: unknown[] };
    const whole = JSON.parse(stdout) as { diagnostics: unknown[] };
    expect([...diagnostics, ...whole.diagnostics].length).toBeGreaterThan(0);
  });
});

describe('control characters', () => {
  it.each(EVERY.map((args) => [args.join(' ').replace(ADDRESS, '00:19.0')]))(
    'of hostile-names: %s',
    async (line) => {
      const outcome = await pciInside([...line.split(' '), '--host', fixture('hostile-names')]);
      expect(outcome.exitCode).toBe(0);
      expectClean(outcome);
    },
  );

  const nasty = '\u001b[31m\u009b2J\u0007\u202e\u007f';
  const host = {
    ...buildHost({
      label: 'a',
      functions: [
        gigabitNic(ADDRESS, {
          root: `pci${nasty}:00`,
          driver: `a${nasty}`,
          driverOverride: nasty,
          label: nasty,
          mdevTypes: [`type${nasty}`],
          resetMethods: nasty,
          below: networkInterface(`eth${nasty}`, nasty, nasty),
        }),
        nvmeController('0000:00:1a.0', { below: nvmeDrive(0, `SERIAL${nasty}`, 1000) }),
      ],
      change: (tree) => tree.directory(`/sys/class/iommu/dmar${nasty}`),
    }),
    label: `label${nasty}`,
  };
  const file = hostFile(folder, 'nasty', host);
  const empty = hostFile(folder, 'nasty-empty', { ...FIXTURE_HOSTS['empty-bus'](), label: `label${nasty}` });

  it.each([
    ...EVERY.map((args) => [...args, '--host', file]),
    ...EVERY.map((args) => [...args, '--verbose', '--host', file]).filter(
      ([command]) => command !== 'snapshot',
    ),
    ['list', '--format', 'csv', '--host', file],
    ['list', '--format', 'ndjson', '--host', file],
    ['list', '--host', empty],
    ['diff', file, file],
    ['diff', file, fixture('gpu-desktop')],
    ['diff', fixture('gpu-desktop'), file, '--json'],
    ['diff', fixture('gpu-desktop'), file, '--format', 'csv'],
    ['diff', fixture('gpu-desktop'), file, '--format', 'ndjson'],
    ['snapshot', '--host', file, '--output', join(folder, 'written')],
  ])('%s %s %s %s %s', async (...args) => {
    const outcome = await pciInside(args.filter((word) => word !== undefined));
    expect([0, 1]).toContain(outcome.exitCode);
    expectClean(outcome);
  });
});
