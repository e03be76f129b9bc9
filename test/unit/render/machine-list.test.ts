import { describe, expect, test } from 'vitest';
import { type KnownMachine, readMachines } from '../../../lib/libvirt/machine/read-machines.ts';
import { planTagging } from '../../../lib/libvirt/machine/tag-machines.ts';
import { plainStyle } from '../../../lib/render/layout/style.ts';
import textWidth from '../../../lib/render/layout/text-width.ts';
import { renderMachines } from '../../../lib/render/machine/machine-list.ts';
import { renderTagging } from '../../../lib/render/machine/tagging-text.ts';
import {
  domainXml,
  MadeUpLibvirt,
  type MadeUpMachine,
  tagXml,
  uuidOf,
} from '../../support/made-up-libvirt.ts';

const hostdev = (bus: number): string =>
  `<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='${bus}' slot='0' function='0'/></source></hostdev>`;
const devices = (...buses: readonly number[]): string => `<devices>${buses.map(hostdev).join('')}</devices>`;

const machinesOf = async (...machines: readonly MadeUpMachine[]): Promise<readonly KnownMachine[]> =>
  (await readMachines(new MadeUpLibvirt(machines), 'look')).machines;

const [A, B, C, D] = [uuidOf(1), uuidOf(2), uuidOf(3), uuidOf(4)];
const all = await machinesOf(
  { uuid: A, definition: domainXml('mars', A, tagXml('router') + devices(1, 2)) },
  {
    uuid: B,
    definition: domainXml('pluto', B, tagXml('host') + devices(1, 2)),
    live: domainXml('pluto', B, tagXml('router') + devices(2, 3)),
    state: 'running',
  },
  { uuid: C, live: domainXml('a router', C, devices(4)), state: 'paused' },
  { uuid: D, definition: domainXml('\u009b31m\u202ename', D, tagXml('No!')) },
);

const lines = (width: number | null, summary = true): readonly string[] =>
  renderMachines(all, { width, header: true, style: plainStyle, summary }).split('\n').slice(0, -1);

describe('a list of machines', () => {
  test('tells apart what is and what will be', () => {
    expect(lines(null).map((line) => line.split(/ {2,}/))).toEqual([
      ['NAME', 'TYPE', 'STATE', 'DEVICES', 'MEMORY', 'CPUS'],
      ['a router', '- (router?)', 'paused, transient', '04:00.0', '-', '-'],
      ['mars', 'router', 'off', '01:00.0, 02:00.0', '-', '-'],
      ['pluto', 'host, now router', 'running', '01:00.0 (next start), 02:00.0, 03:00.0 (now)', '-', '-'],
      ['\\x9b31m\\u{202e}name', '?', 'off', '-', '-', '-'],
      ['4 VMs: 1 host, 1 router, 1 untagged, 1 unknown.'],
      ["To tag: portal tag 'a router' --type router"],
    ]);
  });

  test.each([40, 41, 60, 80, 120])('fits in %i columns, with every name that does', (width) => {
    const shown = lines(width);
    expect(shown.filter((line) => textWidth(line) > width)).toEqual([]);
    for (const name of ['a router', 'mars', 'pluto']) expect(shown.join('\n')).toContain(name);
  });

  test('says what there was no room for', () => {
    expect(lines(60).join(' ')).toContain('Columns that do not fit: ');
  });

  test('names a machine by its UUID where its name is none for a command line', async () => {
    const odd = await machinesOf({ uuid: A, definition: domainXml('-\u009brouter', A) });
    const text = renderMachines(odd, { width: null, header: false, style: plainStyle, summary: true });
    expect(text).toContain(`To tag: portal tag ${A} --type router\n`);
  });
});

test.each([40, 80])('what came of tagging fits in %i columns', (width) => {
  const taggings = all.map((machine) => planTagging(machine, 'router'));
  const text = renderTagging(taggings, 'router', false, width);
  expect(text.split('\n').filter((line) => textWidth(line) > width)).toEqual([]);
  expect(text.replaceAll(/\s+/g, ' ')).toContain('\\x9b31m\\u{202e}name was an invalid category');
});
