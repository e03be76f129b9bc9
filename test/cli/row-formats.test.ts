import { describe, expect, it } from 'vitest';
import { BUNDLED_NAMES, fixture, type Outcome, pciInside, words } from '../support/pci-program.ts';

/** Commands that list something: the list of their document, and the headings of their CSV. */
const LISTS: readonly (readonly [line: string, listKey: string, headings: string, rows: number])[] = [
  ['list --host fixtures/lab-intel.snapshot', 'devices', 'address,class,device,driver,group,notes', 30],
  [
    'groups --host fixtures/shared-group.snapshot',
    'groups',
    'group,type,verdict,address,driver,goes,device',
    4,
  ],
  ['rom list --host fixtures/lab-intel.snapshot', 'roms', 'address,size,reads,holds,guest,driver,device', 6],
];

const run = (line: string, ...more: readonly string[]): Promise<Outcome> =>
  pciInside([...words(line), ...more, ...BUNDLED_NAMES]);

describe.each(LISTS)('%s', (line, listKey, headings, rows) => {
  it('is a table by default', async () => {
    const table = await run(line);
    expect(table.exitCode).toBe(0);
    expect(await run(line, '--format', 'table')).toEqual(table);
  });

  it('is JSON either way', async () => {
    const json = await run(line, '--json');
    expect(await run(line, '--format', 'json')).toEqual(json);
    expect(await run(line, '--format', 'json', '--json')).toEqual(json);
  });

  it('is the items of that document as JSON lines', async () => {
    const { stdout } = await run(line, '--format', 'ndjson');
    const document = JSON.parse((await run(line, '--json')).stdout);
    const items = stdout.trimEnd().split('\n');
    expect(items.map((item) => JSON.parse(item))).toEqual(document[listKey]);
    expect(items.length).toBeGreaterThan(0);
  });

  it('is CSV with headings, and as many values in each row', async () => {
    const { stdout } = await run(line, '--format', 'csv');
    const [first, ...others] = stdout.trimEnd().split('\n');
    expect(first).toBe(headings);
    const width = headings.split(',').length;
    const values = others.map((row) => row.replaceAll(/"([^"]|"")*"/g, '').split(',').length);
    expect(values).toEqual(Array(rows).fill(width));
  });

  it('is no other form than one of these', async () => {
    expect(await run(line, '--json', '--format', 'csv')).toMatchObject({ exitCode: 2 });
    expect(await run(line, '--format', 'xml')).toMatchObject({ exitCode: 2 });
  });
});

it('numbers are in full, and what is not known or none is as in the table', async () => {
  const roms = await run(`rom list --format csv --host ${fixture('lab-intel')}`);
  expect(roms.stdout.split('\n')[1]).toMatch(/^0000:00:0a\.0,262144,in use,\?,on by default,e1000e,/);
  const groups = await run(`groups --format csv --host ${fixture('shared-group')}`);
  expect(groups.stdout).toContain('\n1,DMA-FQ,bindable,0000:01:00.0,e1000e,yes,');
  expect(groups.stdout).toMatch(/,pcieport,no,/);
});

it('errors are in the form that is asked for', async () => {
  const { stdout } = await run('groups 99:00.0 --format ndjson', '--host', fixture('lab-intel'));
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'DEVICE_NOT_FOUND' } });
});
