import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { idleHost } from '../support/idle-host.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { type MachineProject, machineProject } from '../support/machine-project.ts';
import { portalOn } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ABOVE = temporaryFolder();
const TEMPLATES = [
  'application/minivm',
  'controller/user',
  'host/default',
  'router/universe',
  'service/web',
] as const;

function project(options: Parameters<typeof machineProject>[2] = {}) {
  const made = machineProject(ABOVE, idleHost([]), options);
  return { ...made, run: runIn(made) };
}

function runIn({ root, ports }: MachineProject) {
  return (line: string) => portalOn(ports, [...line.split(' '), '-C', root]);
}

function expectDocument(kind: string, text: string): void {
  const validate = validatorOf(kind, { strict: true });
  validate(JSON.parse(text));
  expect(validate.errors ?? []).toEqual([]);
}

describe('portal new', () => {
  it.each(TEMPLATES)('creates a folder from %s that has no fault', async (template) => {
    const { run } = project();
    expect(await run(`new r0 --template ${template} --yes`)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await run('check')).toEqual({ exitCode: 0, stdout: '1 machine: no faults\n', stderr: '' });
    expect(await run('show r0 --why')).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('lists what is unanswered without a terminal, and writes nothing', async () => {
    const { run, root } = project();
    const { exitCode, stderr } = await run('new r0 --template router/universe --answer memory=1GiB');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('r0: has no answer for lan (default universe), wan_pci (default none)');
    expect(existsSync(join(root, 'machines/r0'))).toBe(false);
  });

  it('takes answers from a file or from stdin, and saves them for the next time', async () => {
    const first = project({ input: 'lan: inner\nwan_bridge: br0\n' });
    const saved = join(first.root, 'answers.yaml');
    expect(
      await first.run(`new r0 --template router/universe --answers - --save-answers ${saved} --yes`),
    ).toMatchObject({ exitCode: 0 });
    const definition = readFileSync(join(first.root, 'machines/r0/machine.yaml'), 'utf8');
    expect(definition).toContain('network: isolated/inner');
    expect(definition).toContain('bridge: "br0"');
    const second = project();
    expect(await second.run(`new r0 --template router/universe --answers ${saved}`)).toMatchObject({
      exitCode: 0,
    });
    expect(readFileSync(join(second.root, 'machines/r0/machine.yaml'), 'utf8')).toBe(definition);
  });

  it.each([
    ['new r0 --yes --template router/universal', 2, 'did you mean router/universe?'],
    ['new R0 --yes', 2, 'cannot be the name of a machine'],
    ['new ../r0 --yes', 2, 'cannot be the name of a machine'],
    ['new r0 --yes --answer memry=1GiB', 2, 'did you mean memory?'],
    ['new r0 --yes --answer memory=1', 2, '"1" is no valid answer'],
    ['new r0 --yes --answers /none', 3, 'no such file'],
    ['show r1', 3, 'create it: portal new r1'],
    ['up r1 --dry-run', 3, 'has no machine of this name'],
    ['halt', 2, 'no machine given'],
    ['destroy', 2, 'no machine given'],
    ['halt r0 --grace 1h', 2, 'invalid value "1h"'],
  ])('%s is refused', async (line, exitCode, words) => {
    const { run, root } = project();
    const outcome = await run(line);
    expect(outcome.stderr).toContain(words);
    expect(outcome).toMatchObject({ exitCode, stdout: '' });
    expect(existsSync(join(root, 'machines/r0'))).toBe(false);
  });

  it('does not write over a folder', async () => {
    const { run, root } = project();
    await run('new r0 --yes');
    const file = join(root, 'machines/r0/machine.yaml');
    writeFileSync(file, 'category: router\n');
    const { exitCode, stderr } = await run('new r0 --yes');
    expect(exitCode).toBeGreaterThan(0);
    expect(stderr).toContain('[FILE_EXISTS]');
    expect(readFileSync(file, 'utf8')).toBe('category: router\n');
  });
});

describe('the life of a machine', () => {
  it('is told in words and in documents', async () => {
    const { run, root } = project();
    expectDocument('machine-new', (await run('new r0 --yes --json')).stdout);
    expectDocument('template-list', (await portalOn(project().ports, ['templates', '--json'])).stdout);
    expectDocument('machine-check', (await run('check --json')).stdout);
    expectDocument('machine-show', (await run('show r0 --json')).stdout);
    expectDocument('machine-render', (await run('render r0 --json')).stdout);
    expect((await run('status')).stdout).toContain('not created');

    const lock = (): string => readFileSync(join(root, 'portal.lock'), 'utf8');
    const created = lock();
    expect(created).toMatch(/^seed: [0-9a-f]{32}\nmachines: \{\}$/m);
    const plan = await run('plan r0 --json');
    expectDocument('plan', plan.stdout);
    const script = await run('up r0 --script');
    expect(script.stdout).toMatch(/^#!\/bin\/sh/);
    expect(script.stdout).toContain('virsh');
    expect(lock()).toBe(created);

    const up = await run('up r0');
    expect(up).toMatchObject({ exitCode: 0 });
    expect(up.stderr).toContain('Bring r0 up');
    expect(lock()).toMatch(/^ {2}r0:\n {4}uuid: /m);
    expect(await run('up r0')).toMatchObject({
      exitCode: 0,
      stdout: 'Nothing to do: 1 machine as the folders say.\n',
    });
    expectDocument('machine-status', (await run('status --json')).stdout);
    expect((await run('status')).stdout).toMatch(
      /^NAME +TYPE +STATE.*\nr0 +application +running +current +\//,
    );

    expect(await run('reload r0 --yes')).toMatchObject({ exitCode: 0 });
    expect((await run('destroy r0 --yes')).exitCode).toBe(0);
    expect((await run('destroy r0 --yes')).stdout).toContain('Nothing to do');
    expect((await run('halt r0 --yes')).stdout).toBe('Nothing to do: no machine runs.\n');
  });

  it('is checked without advice to check it', async () => {
    const { run, root } = project();
    mkdirSync(join(root, 'machines/r0'));
    writeFileSync(join(root, 'machines/r0/machine.yaml'), 'category: router\nmemory: [');
    const { exitCode, stdout } = await run('check');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^machines\/r0\/machine\.yaml:2:\d+: .*\n1 fault in 1 of 1 machine\n$/);
  });

  it('escapes what a name of a file could do to a terminal', async () => {
    const { run, root } = project();
    mkdirSync(join(root, 'machines', 'a\u001b[31mb'));
    const { exitCode, stdout } = await run('check');
    expect(exitCode).toBe(1);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('cannot be the folder of a machine');
  });
});
