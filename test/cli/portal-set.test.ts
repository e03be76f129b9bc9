import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { idleHost } from '../support/idle-host.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { machineProject } from '../support/machine-project.ts';
import { portalOn } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ABOVE = temporaryFolder();
const MACHINE = 'category: router\nmemory: 256MiB\nnics: [{ model: virtio }]\n';

function project() {
  const { root, ports, write } = machineProject(ABOVE, idleHost([]));
  for (const name of ['r0', 'r1']) write(`${name}/machine.yaml`, MACHINE);
  return {
    run: (...words: readonly string[]) => portalOn(ports, ['set', ...words, '-C', root]),
    read: (name: string) => readFileSync(join(root, 'machines', name, 'machine.yaml'), 'utf8'),
  };
}

describe('portal set', () => {
  it('shows each change, and that a second run has nothing to do', async () => {
    const { run, read } = project();
    const words = ['r0', 'r1', 'memory=384MiB', 'nics.0.model=e1000e', 'watchdog=reset'];
    const change = (name: string): string =>
      `  ${name}  memory 256MiB → 384MiB\n      nics.0.model virtio → e1000e\n      watchdog (not set) → reset\n`;
    expect(await run(...words, '--dry-run')).toEqual({
      exitCode: 0,
      stdout: `${change('r0')}${change('r1')}Dry run: nothing was written.\n`,
      stderr: '',
    });
    expect(read('r0')).toBe(MACHINE);
    expect((await run(...words)).stdout).toBe(
      `${change('r0')}${change('r1')}Apply it: portal up r0 r1\nA running VM must be started again: portal reload r0 r1\n`,
    );
    expect(read('r1')).toBe('category: router\nmemory: 384MiB\nnics: [{ model: e1000e }]\nwatchdog: reset\n');
    expect(await run(...words)).toEqual({
      exitCode: 0,
      stdout: 'Nothing to do: 2 definitions without a change.\n',
      stderr: '',
    });
  });

  it('takes words in any order, --unset, --type and --all', async () => {
    const { run, read } = project();
    expect((await run('title=a = b', 'r0', '--unset', 'nics', 'memory=')).exitCode).toBe(0);
    expect(read('r0')).toBe('category: router\ntitle: a = b\n');
    expect((await run('--type', 'router', 'rng=off')).exitCode).toBe(0);
    expect((await run('--all', 'cpus=2')).exitCode).toBe(0);
    expect(read('r1')).toBe(`${MACHINE}rng: off\ncpus: 2\n`);
  });

  it('prints a document that is valid', async () => {
    const { run } = project();
    const validate = validatorOf('machine-set', { strict: true });
    for (const words of [['memory=1GiB'], ['memory=1GiB'], ['--unset', 'nics']]) {
      const { stdout } = await run('r0', ...words, '--json');
      validate(JSON.parse(stdout));
      expect(validate.errors ?? []).toEqual([]);
    }
  });

  it.each<[readonly string[], string]>([
    [['memory=1GiB'], 'no machine given'],
    [['r0'], 'no value given'],
    [['r0', '=1GiB'], 'is not a key'],
    [['r0', 'memory=\u001b[31m'], 'control characters'],
    [['r0', `${'a'.repeat(300)}\u001b=1`], 'is not a key'],
    [['r0', '__proto__.x=1'], '__proto__.x: is not a key'],
    [['r0', 'memory=1'], 'nothing was written'],
    [['--all', 'memory.size=1GiB'], 'memory=1GiB'],
  ])('%j is refused', async (words, message) => {
    const { run, read } = project();
    const { exitCode, stdout, stderr } = await run(...words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('\u001b');
    expect(read('r0')).toBe(MACHINE);
  });

  it('names a machine that is missing', async () => {
    expect(await project().run('r9', 'memory=1GiB')).toMatchObject({ exitCode: 3 });
  });
});
