import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMachines } from '../../lib/libvirt/machine/read-machines.ts';
import { planTagging } from '../../lib/libvirt/machine/tag-machines.ts';
import { confirmDocument, recoverDocument } from '../../lib/render/change/recover-documents.ts';
import { formatDocument } from '../../lib/render/documents.ts';
import { machineListDocument } from '../../lib/render/machine/machine-list.ts';
import { taggingDocument } from '../../lib/render/machine/tagging-text.ts';
import { CORPUS_HOSTS, unpackHost, WHY_SKIPPED } from '../support/corpus.ts';
import { FIXTURE_NAMES } from '../support/fixture-hosts.ts';
import { SCHEMA_FILES, schemaText, validatorOf } from '../support/json-schemas.ts';
import { domainXml, MadeUpLibvirt, tagXml, uuidOf } from '../support/made-up-libvirt.ts';
import { fixture, type Outcome, pci, pciInside } from '../support/pci-program.ts';
import { shortNames } from '../support/short-names.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const KINDS = [
  'pci-list',
  'pci-show',
  'pci-groups',
  'pci-tree',
  'pci-diff',
  'pci-snapshot',
  'pci-bindings',
  'plan',
  'policy-report',
  'recover',
  'confirm',
  'sriov',
  'rom-list',
  'rom-inspect',
  'rom-dump',
  'machine-list',
  'machine-tag',
  'machine-check',
  'machine-new',
  'machine-show',
  'machine-render',
  'machine-set',
  'machine-diff',
  'machine-status',
  'machine-events',
  'template-list',
  'console-script',
  'guest-exec',
  'guest-copy',
  'assignments',
  'validation',
  'pci-xml',
  'pci-xml-files',
  'boot-list',
  'boot-build',
  'boot-import',
  'image-list',
  'image-build',
  'store-removal',
  'error',
] as const;
type Kind = (typeof KINDS)[number];

const strict = new Map(KINDS.map((kind) => [kind, validatorOf(kind, { strict: true })]));
const folder = temporaryFolder();
const NAMES = shortNames(folder);
// An error is what such a host has for every command.
const HOSTS = FIXTURE_NAMES.filter((name) => name !== 'no-pci');
// A process for each command on one host; else the program is run without one. The 64 VFs of one fixture are alike.
const APART = 'gpu-desktop';
const MOST_SHOWN = 5;
const MOST_PLANNED = 3;

function expectDocument(kind: Kind, { stdout }: Outcome): Record<string, unknown> {
  const document: unknown = JSON.parse(stdout);
  const validate = strict.get(kind);
  validate?.(document);
  expect(validate?.errors ?? []).toEqual([]);
  return document as Record<string, unknown>;
}

type Run = typeof pciInside;

async function documentBy(run: Run, kind: Kind, args: readonly string[]): Promise<Record<string, unknown>> {
  return expectDocument(kind, await run([...args, '--json']));
}

describe('the schemas', () => {
  it('are as many as there are kinds, two of shared facts, and that of a file that people write', () => {
    const files = [...KINDS, 'facts', 'config-space', 'machine-definition'].map(
      (kind) => `${kind}.v1.schema.json`,
    );
    expect(SCHEMA_FILES).toEqual(files.sort());
  });

  it.each(KINDS)('%s says what its document is', (kind) => {
    const schema: unknown = JSON.parse(schemaText(`${kind}.v1.schema.json`));
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `portal-gun/${kind}/v1`,
      properties: { schema: { const: `portal-gun/${kind}/v1` } },
    });
  });

  it('take keys of later versions; the strict form, which the tests use, does not', () => {
    const host = { label: 'a', colour: 'red' };
    const later = { schema: 'portal-gun/pci-list/v1', host, devices: [], diagnostics: [], more: 1 };
    expect(validatorOf('pci-list', { strict: false })(later)).toBe(true);
    const closed = strict.get('pci-list');
    expect(closed?.(later)).toBe(false);
    expect(closed?.errors?.map(({ instancePath, keyword }) => [instancePath, keyword])).toEqual([
      ['', 'additionalProperties'],
      ['/host', 'additionalProperties'],
    ]);
  });

  it('tell a fact from one that is not known', () => {
    const open = validatorOf('pci-list', { strict: false });
    const list = (driver: unknown) => ({ ...example(), devices: [{ ...example().devices[0], driver }] });
    expect([null, 'igb', { unknown: 'denied' }].map((driver) => open(list(driver)))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['', { unknown: 'lost' }, {}, undefined, 7].map((driver) => open(list(driver)))).toEqual(
      Array(5).fill(false),
    );
  });
});

describe.each(HOSTS)('of the fixture %s', (name) => {
  const host = ['--host', fixture(name)];
  const tried = new Set<string | undefined>();
  const run: Run = ([command, ...more]) => {
    const isApart = name === APART && !tried.has(command);
    tried.add(command);
    const names = command === 'snapshot' ? [] : NAMES;
    return (isApart ? pci : pciInside)([command ?? '', ...more, ...names]);
  };
  const document = (kind: Kind, ...args: readonly string[]) => documentBy(run, kind, args);

  it('list, groups and tree', async () => {
    await document('pci-list', 'list', ...host);
    await document('pci-groups', 'groups', ...host);
    await document('pci-tree', 'tree', ...host);
  });

  it('each line of ndjson', async () => {
    const { stdout } = await run(['list', ...host, '--format', 'ndjson']);
    const lines = stdout.split('\n').slice(0, -1);
    const devices = lines.map((line): unknown => JSON.parse(line));
    const whole = await document('pci-list', 'list', ...host);
    expect(devices).toEqual(whole['devices']);
  });

  it('validate, of the host and of its devices', async () => {
    const whole = await document('validation', 'validate', ...host);
    expect((whole['results'] as object[]).length).toBeGreaterThan(40);
    const { devices } = (await document('pci-list', 'list', ...host)) as { devices: { address: string }[] };
    for (const { address } of devices.slice(0, MOST_PLANNED)) {
      const asked = await document('validation', 'validate', address, '--for', 'gpu', '--strict', ...host);
      expect(asked).toMatchObject({
        asked: { purposes: ['gpu'], devices: [address], machine: null, strict: true },
      });
    }
  });

  it('show of its devices', async () => {
    const { devices } = (await document('pci-list', 'list', ...host)) as { devices: { address: string }[] };
    expect(devices.length > 0).toBe(name !== 'empty-bus');
    for (const device of devices.slice(0, MOST_SHOWN)) {
      const outcome = await run(['show', device.address, ...host, '--json']);
      const { device: whole } = expectDocument('pci-show', outcome);
      // A fact is in both documents, or in that of the one device alone; it is never two things.
      expect(whole).toMatchObject(device);
    }
  });

  it('diff with itself and with another host', async () => {
    const same = await document('pci-diff', 'diff', fixture(name), fixture(name));
    expect(same['differences']).toEqual([]);
    await document('pci-diff', 'diff', fixture(name), fixture('shared-group'));
    await document('pci-diff', 'diff', fixture('gpu-desktop'), fixture(name));
  });

  it('plans to bind and unbind', async () => {
    const { devices } = (await document('pci-list', 'list', ...host)) as { devices: { address: string }[] };
    for (const { address } of devices.slice(0, MOST_PLANNED)) {
      for (const command of ['bind', 'unbind']) {
        const outcome = await run([command, address, ...host, '--dry-run', '--json']);
        // What can't be given at all is an error; what is refused is a plan all the same.
        const isError = JSON.parse(outcome.stdout).schema === 'portal-gun/error/v1';
        const document = expectDocument(isError ? 'error' : 'plan', outcome);
        if (isError) expect(['NO_IOMMU', 'CANNOT_BE_GIVEN', 'PERMISSION_DENIED']).toContain(codeOf(document));
        else expect([0, 4]).toContain(outcome.exitCode);
      }
    }
  });

  it('sriov list, and plans for the VFs of each PF', async () => {
    const { pfs } = (await document('sriov', 'sriov', 'list', ...host)) as { pfs: { address: string }[] };
    for (const { address } of pfs.slice(0, MOST_PLANNED)) {
      const outcome = await run(['sriov', 'set', address, '--vfs', '1', ...host, '--dry-run', '--json']);
      const isError = JSON.parse(outcome.stdout).schema === 'portal-gun/error/v1';
      const planned = expectDocument(isError ? 'error' : 'plan', outcome);
      if (isError) expect(codeOf(planned)).toBe('NO_SRIOV');
      else expect([0, 4]).toContain(outcome.exitCode);
    }
  });

  it('xml of its devices, and a file each', async () => {
    const { devices } = (await document('pci-list', 'list', ...host)) as { devices: { address: string }[] };
    for (const { address } of devices.slice(0, MOST_SHOWN)) {
      const outcome = await run(['xml', address, '--group', ...host, '--json']);
      const isError = JSON.parse(outcome.stdout).schema === 'portal-gun/error/v1';
      const said = expectDocument(isError ? 'error' : 'pci-xml', outcome);
      if (isError) expect(['CANNOT_BE_GIVEN', 'DOMAIN_TOO_LARGE']).toContain(codeOf(said));
    }
    const files = join(folder, `${name}.xml`);
    const { files: written } = await document(
      'pci-xml-files',
      'xml',
      '--all',
      '--output-dir',
      files,
      ...host,
    );
    expect(namesIn(files)).toHaveLength((written as object[]).length);
  });

  it('snapshot', async () => {
    const file = join(folder, `${name}.snapshot`);
    const written = await document('pci-snapshot', 'snapshot', ...host, '--output', file);
    expect(written).toMatchObject({ file, identifiers: 'replaced' });
  });
});

describe('of what is ended', () => {
  const left = {
    id: '20261122T070000000Z',
    bootId: null,
    startedAt: '2026-11-22T07:00:00.000Z',
    plan: { title: 'Bind group 15 to vfio-pci: 2 devices', guards: [], steps: [] },
    marks: new Map(),
    allowed: new Set<string>(),
    confirmByMs: 60_000,
  };
  const step = {
    words: 'load vfio-pci',
    outcome: 'left',
    problem: 'it is in use',
    problemCode: 'MODULE_IN_USE',
  } as const;
  const report = { outcome: 'undone', interrupted: false, awaitsConfirmation: false, steps: [step] } as const;
  const said = (document: object): Outcome => ({ exitCode: 0, stdout: formatDocument(document), stderr: '' });

  it('recover and confirm', () => {
    expectDocument(
      'recover',
      said(
        recoverDocument(
          'undo',
          [{ left, report }],
          [{ kind: 'vfs', address: '0000:01:00.0', state: 'not-in-force' }],
          [{ address: '0000:08:00.0', driver: 'vfio-pci', command: 'pci unbind 0000:08:00.0' }],
        ),
      ),
    );
    expectDocument('recover', said(recoverDocument('finish', [], null, null)));
    expectDocument('confirm', said(confirmDocument([left])));
  });
});

describe('of machines', () => {
  const said = (document: object): Outcome => ({ exitCode: 0, stdout: formatDocument(document), stderr: '' });

  it('list and tag', async () => {
    const [a, b, c] = [uuidOf(1), uuidOf(2), uuidOf(3)];
    const devices =
      "<memory>1024</memory><vcpu>2</vcpu><devices><hostdev type='pci'><source><address bus='1'/></source></hostdev><hostdev type='mdev' model='vfio-pci'><source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev></devices>";
    const libvirt = new MadeUpLibvirt([
      { uuid: a, definition: domainXml('router', a, devices) },
      { uuid: b, definition: domainXml('b', b, tagXml('own')), live: domainXml('b', b), state: 'running' },
      {
        uuid: c,
        live: domainXml('c', c, `<title>C</title>${tagXml('No')}<memory>much</memory>`),
        state: 'crashed',
      },
    ]);
    const { machines, diagnostics } = await readMachines(libvirt, 'look');
    expect(diagnostics).toHaveLength(2);
    const list = expectDocument('machine-list', said(machineListDocument('a', machines, diagnostics)));
    expect(list).toMatchObject({
      machines: [{ name: 'b', category: 'own' }, { category: { unknown: 'broken' } }, { guess: 'router' }],
    });
    const taggings = machines.map((machine) => planTagging(machine, 'own'));
    const tag = expectDocument('machine-tag', said(taggingDocument('a', taggings, 'own', true)));
    expect(tag).toMatchObject({ machines: [{ changes: ['live'] }, { changes: ['live'] }, { before: null }] });
    expectDocument('machine-tag', said(taggingDocument('a', [], null, false)));
  });
});

describe('errors', () => {
  it.each([
    ['list', '--host', fixture('no-pci')],
    ['groups', '--host', 'nowhere'],
    ['show', '1f:1f.7', '--host', fixture('gpu-desktop')],
    ['list', 'class=netwrok'],
    ['list', '--frobnicate'],
    ['frobnicate'],
    ['snapshot', '--host', fixture('gpu-desktop'), '--output', '/proc/version/a'],
  ])('%s %s %s', async (...args) => {
    const outcome = await pci([...args.filter((word) => word !== undefined), '--json']);
    const { error } = expectDocument('error', outcome) as { error: { code: string; exitCode: number } };
    expect(outcome.exitCode).toBe(error.exitCode);
    expect(outcome.stderr).toContain(`[${error.code}]\n`);
  });
});

describe.skipIf(CORPUS_HOSTS.length === 0)(`of captured hosts${WHY_SKIPPED}`, () => {
  const document = (kind: Kind, ...args: readonly string[]) => documentBy(pciInside, kind, args);

  it.each(CORPUS_HOSTS)('%s', async (name) => {
    const host = ['--host', unpackHost(name, folder)];
    const { devices } = (await document('pci-list', 'list', ...host)) as { devices: object[] };
    expect(devices.length).toBeGreaterThan(2);
    await document('pci-groups', 'groups', ...host);
    await document('pci-tree', 'tree', ...host);
    const { counts } = await document('validation', 'validate', ...host);
    // What was not captured is not told.
    expect(counts).toMatchObject({ unknown: expect.toSatisfy((unknown: number) => unknown > 10) });
  });
});

function namesIn(path: string): readonly string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

function codeOf({ error }: Record<string, unknown>): unknown {
  return (error as Record<string, unknown>)['code'];
}

/** The device that the documentation gives as the shape of `pci list --json`. */
function example() {
  return {
    schema: 'portal-gun/pci-list/v1',
    host: { label: 'galaxy' },
    devices: [
      {
        address: '0000:01:00.0',
        class: { code: '020000', name: 'Ethernet controller' },
        vendor: { id: '8086', name: 'Intel Corporation' },
        device: { id: '10c9', name: '82576 Gigabit Network Connection' },
        subsystem: { vendorId: '8086', deviceId: 'a03c', name: null },
        revision: '01',
        driver: 'igb',
        driverOverride: null,
        iommuGroup: 10,
        numaNode: null,
        bars: [
          {
            index: 0,
            kind: 'memory',
            address: '0xfe800000',
            sizeBytes: 131072,
            width: 32,
            prefetchable: false,
          },
        ],
        rom: { sizeBytes: 262144, address: '0xfe840000' },
        resetMethods: ['flr', 'pm', 'bus'],
        bootVga: null,
        sriov: {
          role: 'pf',
          totalVfs: 7,
          numVfs: 2,
          autoprobe: true,
          offset: 384,
          stride: 2,
          vfDeviceId: '10ca',
          virtualFunctions: ['0000:01:10.0', '0000:01:10.2'],
        },
        netInterfaces: ['enp1s0'],
        blockDevices: [],
      },
    ],
    diagnostics: [{ subject: '0000:02:ab.0', code: 'BAD_DEVICE_NAME', message: 'is among the devices' }],
  };
}
