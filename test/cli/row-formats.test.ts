import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSession } from '../../lib/operations/open-session.ts';
import { BINDING_FILES } from '../support/hosts-with-files.ts';
import { labMachine, UNTOLD_RULES } from '../support/lab-machine.ts';
import {
  BUNDLED_NAMES,
  fixture,
  type Outcome,
  pciInside,
  pciOn,
  portalOn,
  ROOT,
  words,
} from '../support/pci-program.ts';
import { PAIR, routerCluster } from '../support/router-cluster.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Run = (args: readonly string[]) => Promise<Outcome>;

/** Where each command line is run: captured hosts, or a simulated machine with something to list. */
const PLACES = {
  captured: async (): Promise<Run> => (args) => pciInside([...args, ...BUNDLED_NAMES]),
  bound: async (): Promise<Run> => {
    const { ports } = labMachine();
    const host = await openSession({}, ports);
    await host.apply(await host.bind({ devices: ['0000:07:00.0'], persist: true, allow: UNTOLD_RULES }));
    return (args) => pciOn(ports, [...args, ...BUNDLED_NAMES]);
  },
  assigned: async (): Promise<Run> => {
    const { ports } = routerCluster();
    const host = await openSession({}, ports);
    await host.apply(await host.assign({ devices: [PAIR[0]], to: { type: 'router' } }));
    return (args) => pciOn(ports, [...args, ...BUNDLED_NAMES]);
  },
  machines: async (): Promise<Run> => {
    const { ports } = routerCluster();
    return (args) => portalOn(ports, args);
  },
};

const BINDING_HEADINGS = 'address,device,driver,state,stage,found,found-driver';

/** Commands that list something: the list of their document, and the headings and rows of their CSV. */
const LISTS: readonly (readonly [
  line: string,
  place: keyof typeof PLACES,
  listKey: string,
  headings: string,
  rows: number,
])[] = [
  [
    'list --host fixtures/lab-intel.snapshot',
    'captured',
    'devices',
    'address,class,device,driver,group,notes',
    30,
  ],
  [
    'groups --host fixtures/shared-group.snapshot',
    'captured',
    'groups',
    'group,type,verdict,address,driver,goes,device',
    4,
  ],
  [
    'rom list --host fixtures/lab-intel.snapshot',
    'captured',
    'roms',
    'address,size,reads,holds,guest,driver,device',
    6,
  ],
  [
    'sriov list --host fixtures/lab-intel-vfio.snapshot',
    'captured',
    'pfs',
    'pf,pf-driver,pf-interface,num-vfs,total-vfs,autoprobe,persisted,vf,address,driver,group,interface,mac,vlan,trust,spoof-check,link,rate',
    5,
  ],
  [
    'diff fixtures/lab-intel.snapshot fixtures/lab-intel-vfio.snapshot',
    'captured',
    'differences',
    'kind,before,after,device,fact,was,is',
    7,
  ],
  ['bindings', 'bound', 'bindings', BINDING_HEADINGS, 1],
  ['bindings list', 'bound', 'bindings', BINDING_HEADINGS, 1],
  ['assignments', 'assigned', 'machines', 'machine,alias,address,device,policy,held,standing,found', 6],
  [
    'list',
    'machines',
    'machines',
    'name,uuid,type,type-now,guess,state,persistent,saved,devices,memory,cpus',
    5,
  ],
];

describe.each(LISTS)('%s (%s)', (line, place, listKey, headings, rows) => {
  let there: Promise<Run> | undefined;
  const run = async (...more: readonly string[]): Promise<Outcome> => {
    there ??= PLACES[place]();
    return (await there)([...words(line), ...more]);
  };

  it('is a table by default', async () => {
    const table = await run();
    expect(table.exitCode).toBe(line.startsWith('diff ') ? 1 : 0);
    expect(await run('--format', 'table')).toEqual(table);
  });

  it('is JSON either way', async () => {
    const json = await run('--json');
    expect(await run('--format', 'json')).toEqual(json);
    expect(await run('--format', 'json', '--json')).toEqual(json);
  });

  it('is the items of that document as JSON lines', async () => {
    const { stdout } = await run('--format', 'ndjson');
    const document = JSON.parse((await run('--json')).stdout);
    const items = stdout.trimEnd().split('\n');
    expect(items.map((item) => JSON.parse(item))).toEqual(document[listKey]);
    expect(items.length).toBeGreaterThan(0);
  });

  it('is CSV with headings, and as many values in each row', async () => {
    const { stdout } = await run('--format', 'csv');
    const [first, ...others] = stdout.trimEnd().split('\n');
    expect(first).toBe(headings);
    const width = headings.split(',').length;
    const values = others.map((row) => row.replaceAll(/"([^"]|"")*"/g, '').split(',').length);
    expect(values).toEqual(Array(rows).fill(width));
  });

  it('is no other form than one of these', async () => {
    expect(await run('--json', '--format', 'csv')).toMatchObject({ exitCode: 2 });
    expect(await run('--format', 'xml')).toMatchObject({ exitCode: 2 });
  });
});

const captured = (line: string): Promise<Outcome> => pciInside([...words(line), ...BUNDLED_NAMES]);

it('numbers are in full, and what is not known or none is as in the table', async () => {
  const roms = await captured(`rom list --format csv --host ${fixture('lab-intel')}`);
  expect(roms.stdout.split('\n')[1]).toMatch(/^0000:00:0a\.0,262144,in use,\?,on by default,e1000e,/);
  const groups = await captured(`groups --format csv --host ${fixture('shared-group')}`);
  expect(groups.stdout).toContain('\n1,DMA-FQ,bindable,0000:01:00.0,e1000e,yes,');
  expect(groups.stdout).toMatch(/,pcieport,no,/);
});

it('errors are in the form that is asked for', async () => {
  const { stdout } = await captured(`groups 99:00.0 --format ndjson --host ${fixture('lab-intel')}`);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'DEVICE_NOT_FOUND' } });
});

describe('a value of CSV', () => {
  const rowOf = async (run: Promise<Run>, args: readonly string[], start: string): Promise<string> => {
    const { stdout } = await (await run)([...args, '--format', 'csv']);
    return stdout.split('\n').find((row) => row.startsWith(start)) ?? stdout;
  };

  it('is - for none and ? for unknown', async () => {
    const vfs = ['sriov', 'list', '--host', fixture('lab-intel-vfio')];
    expect(await rowOf(PLACES.captured(), vfs, '0000:01:00.0,igb,enp1s0,3,7,on,?,1,')).toBe(
      '0000:01:00.0,igb,enp1s0,3,7,on,?,1,0000:01:10.2,vfio-pci,23,-,?,?,?,?,?,?',
    );
    const none = ['sriov', 'list', '--host', fixture('lab-intel')];
    expect(await rowOf(PLACES.captured(), none, '0000:02')).toBe(
      '0000:02:00.0,nvme,-,0,4,on,?,-,-,-,-,-,-,-,-,-,-,-',
    );
    expect(await rowOf(PLACES.bound(), ['bindings'], '0000:07')).toMatch(
      /^0000:07:00\.0,[^,]+,vfio-pci,in-force,(early|late),0000:07:00\.0,vfio-pci$/,
    );
    expect(await rowOf(PLACES.assigned(), ['assignments'], 'galaxy1,')).toMatch(
      new RegExp(`^galaxy1,[^,]+,${PAIR[0]},[^,]+,shared,no,in-place,${PAIR[0]}$`),
    );
    const { machine, ports } = routerCluster();
    const added = machine.libvirt.add('router9');
    added.definition = added.definition.replace(
      '</uuid>',
      "</uuid><memory unit='KiB'>1024</memory><vcpu>2</vcpu>",
    );
    machine.libvirt.start('galaxy1');
    const { stdout } = await portalOn(ports, ['list', '--format', 'csv', '--no-header']);
    const rows = stdout.split('\n').map((row) => row.replace(/,[0-9a-f-]{36},/, ',UUID,'));
    expect(rows).toContain('galaxy0,UUID,-,-,-,shut-off,yes,no,-,-,-');
    expect(rows).toContain('galaxy1,UUID,router,router,-,running,yes,no,-,-,-');
    expect(rows).toContain('router9,UUID,-,-,router,shut-off,yes,no,-,1048576,2');
  });

  it('of a device that is gone says so', async () => {
    const gone = ['diff', fixture('lab-intel-vfio'), fixture('lab-intel')];
    expect(await rowOf(PLACES.captured(), gone, 'gone,')).toMatch(/^gone,0000:01:10\.0,-,[^,]+,-,-,-$/);
  });

  it('keeps commas, quotes, line ends and formulas of names in one cell', async () => {
    const { machine, ports } = routerCluster();
    const host = await openSession({}, ports);
    await host.apply(await host.assign({ devices: [PAIR[0]], to: { machines: ['galaxy1'] } }));
    const domain = machine.libvirt.domain('galaxy1');
    domain.definition = domain.definition.replace(
      '<name>galaxy1</name>',
      '<name>=1+1,&quot;a&quot;&#10;\u202eb</name>',
    );
    const cell = '"=1+1,""a""\\x0a\\u{202e}b",';
    const listed = await portalOn(ports, ['list', '--format', 'csv']);
    expect(listed.stdout.split('\n').filter((row) => row.startsWith(cell))).toHaveLength(1);
    const assigned = await pciOn(ports, ['assignments', '--format', 'csv']);
    expect(assigned.stdout.split('\n').filter((row) => row.startsWith(cell))).toHaveLength(2);
    const lines = await portalOn(ports, ['list', '--format', 'ndjson']);
    expect(lines.stdout.trimEnd().split('\n')).toHaveLength(5);
  });
});

describe('a name of hardware or a file in CSV', () => {
  const folder = temporaryFolder();

  it('stays in one cell of pci sriov list and pci diff', async () => {
    const path = join(folder, 'nasty.snapshot');
    const text = readFileSync(join(ROOT, fixture('lab-intel-vfio')), 'utf8');
    writeFileSync(path, text.replaceAll('enp1s0v2', '=e,"x'));
    const vfs = await captured(`sriov list --format csv --host ${path}`);
    expect(vfs.stdout).toContain(',0000:01:10.4,igbvf,24,"=e,""x",?,');
    const drivers = join(folder, 'drivers.snapshot');
    writeFileSync(drivers, text.replaceAll('igbvf', '@v,"x'));
    const differences = await captured(`diff ${fixture('lab-intel-vfio')} ${drivers} --format csv`);
    expect(differences.exitCode).toBe(1);
    expect(differences.stdout).toMatch(/,driver,igbvf,"@v,""x"\n/);
  });

  it('stays in one cell of pci bindings', async () => {
    const { ports } = labMachine();
    const host = await openSession({}, ports);
    await host.apply(await host.bind({ devices: ['0000:07:00.0'], persist: true, allow: UNTOLD_RULES }));
    const { id } = (await host.bindings()).bindings[0]?.binding ?? { id: '' };
    const [vendor, device] = id.split(':');
    const path = join(folder, 'pci.ids');
    writeFileSync(
      path,
      `# pci.ids\n${vendor}  =Maker\n\t${device}  +Card, "best" \u202eof all\n8086  Intel\nC 02  Network\n`,
    );
    const { stdout, stderr } = await pciOn(ports, ['bindings', '--format', 'csv', '--pci-ids', path]);
    expect(stderr).toBe('');
    expect(stdout).toContain('\n0000:07:00.0,"=Maker +Card, ""best"" \\u{202e}of all",vfio-pci,in-force,');
  });
});

describe('--format', () => {
  it.each([
    ['bound', 'bindings --restore'],
    ['bound', 'bindings --forget 07:00.0'],
    ['assigned', 'assignments --repair'],
  ] as const)('on %s cannot be used with a change: %s', async (place, line) => {
    const run = await PLACES[place]();
    const { exitCode, stderr } = await run([...words(line), '--format', 'csv']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringMatching(/^pci: --format: cannot be used with --/),
    });
  });

  it.each(['csv', 'ndjson'])(
    '%s of bindings reports files that are out of date on stderr',
    async (format) => {
      const { machine, ports } = labMachine();
      const host = await openSession({}, ports);
      await host.apply(await host.bind({ devices: ['0000:07:00.0'], persist: true, allow: UNTOLD_RULES }));
      const [, file = ''] = BINDING_FILES;
      machine.files.files.delete(file);
      const { stderr } = await pciOn(ports, ['bindings', '--format', format]);
      expect(stderr).toContain(`pci: ${file}: out of date, so the next boot may bind other devices\n`);
    },
  );

  it('of no VM is the headings, or nothing', async () => {
    const run = await PLACES.machines();
    const none = ['list', '--type', 'service'];
    const csv = await run([...none, '--format', 'csv']);
    expect(csv).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^name,[^\n]*\n$/) });
    expect(await run([...none, '--format', 'ndjson'])).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('of rows still exits with 1 for --check if something drifted', async () => {
    const { ports } = labMachine();
    const host = await openSession({}, ports);
    const allow = UNTOLD_RULES;
    await host.apply(await host.bind({ devices: ['0000:07:00.0'], persist: true, allow }));
    await host.apply(await host.unbind({ devices: ['0000:07:00.0'], allow }));
    const { exitCode, stdout } = await pciOn(ports, ['bindings', 'list', '--check', '--format', 'csv']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(',not-in-force,');
  });
});
