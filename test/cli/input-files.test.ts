import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { functionHere, HERE } from '../support/host-use.ts';
import { idleHost } from '../support/idle-host.ts';
import { labMachine } from '../support/lab-machine.ts';
import { type Outcome, pciOn } from '../support/pci-program.ts';
import { PAIR, routerCluster } from '../support/router-cluster.ts';
import { simulateMachine } from '../support/simulated-changes.ts';
import { simulatedPorts } from '../support/simulated-ports.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Each command that reads a file with -f, and the text that it is to read.

const folder = temporaryFolder();

const POLICY = 'portal-gun: policy/v1\nbindings: [07:00.0]\n';
const RULES = `portal-gun: assignment-rules/v1\nrules:\n  - devices: ${PAIR[0]}\n    to: application\n  - devices: rest\n    to: nobody\n`;
const NODE_DEVICE = `<device><name>pci_0000_00_03_0</name><capability type='pci'>
  <class>0x020000</class><domain>0</domain><bus>0</bus><slot>3</slot><function>0</function>
  <product id='0x10c9'/><vendor id='0x8086'/></capability></device>`;

interface Reading {
  readonly text: string;
  /** What is of that text in the answer. */
  readonly shown: string;
  /** Options beside the file; each command has a long one for the file. */
  readonly line: readonly string[];
  readonly long: string;
  readonly machine: () => ReturnType<typeof simulateMachine>;
}

const READINGS: Readonly<Record<string, Reading>> = {
  'pci apply': {
    text: POLICY,
    shown: '0000:07:00.0',
    line: ['apply', '--dry-run'],
    long: '--file',
    machine: () => labMachine().machine,
  },
  'pci assign': {
    text: RULES,
    shown: PAIR[0],
    line: ['assign', '--dry-run'],
    long: '--rules',
    machine: () => routerCluster().machine,
  },
  'pci xml': {
    text: NODE_DEVICE,
    shown: 'slot="0x03"',
    line: ['xml'],
    long: '--nodedev',
    machine: () => simulateMachine(idleHost([functionHere({ address: HERE })])),
  },
};

describe.each(Object.entries(READINGS))('-f of %s', (name, { text, shown, line, long, machine }) => {
  const run = (file: readonly string[], input = ''): Promise<Outcome> =>
    pciOn(simulatedPorts(machine(), { input }), [...line, ...file]);
  const path = join(folder, `${name.replace(' ', '-')}.in`);

  it('reads a file, as its long option does', async () => {
    writeFileSync(path, text);
    const outcome = await run(['-f', path]);
    expect(outcome).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(shown) });
    expect(await run([long, path])).toEqual(outcome);
  });

  it('reads standard input', async () => {
    const outcome = await run(['-f', '-'], text);
    expect(outcome).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(shown) });
    expect(await run([long, '-'], text)).toEqual(outcome);
    expect((await run(['-f', '-'])).exitCode).not.toBe(0);
  });

  it('says which file is not there', async () => {
    const missing = join(folder, 'missing.in');
    const { exitCode, stdout, stderr } = await run(['-f', missing]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain('[NOT_FOUND]');
    expect(stderr).toContain(missing);
    const document: unknown = JSON.parse((await run(['-f', missing, '--json'])).stdout);
    expect(document).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });
});

it('pci apply reads standard input, as an argument', async () => {
  const { text, line, machine } = READINGS['pci apply'] as Reading;
  const run = (...words: readonly string[]): Promise<Outcome> =>
    pciOn(simulatedPorts(machine(), { input: text }), [...line, ...words]);
  const outcome = await run('-f', '-');
  expect(outcome).toMatchObject({ exitCode: 0 });
  expect(await run('-')).toEqual(outcome);
  expect(await run('--no-color', '-')).toEqual(outcome);
});
