import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { PCI_COMMANDS } from '../../lib/cli/pci-commands.ts';
import { DEVICE_CATEGORIES } from '../../lib/pci/device-class.ts';
import { SELECTOR_KEYS } from '../../lib/pci/selector.ts';
import { pci } from '../support/pci-program.ts';

/** What completes the last of the words; zsh's answers would have descriptions behind a colon. */
async function completions(...words: string[]): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await pci(['--get-yargs-completions', 'pci', ...words]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout.split('\n').filter((word) => word !== '');
}

const selectors = [
  ...DEVICE_CATEGORIES.map((category) => `class=${category}`),
  ...SELECTOR_KEYS.map((key) => `${key}=`),
  ...['pf', 'vf'],
];

describe('pci completion', () => {
  it('is a script for bash', async () => {
    const { exitCode, stdout } = await pci(['completion']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('pci');
    expect((await execa('bash', ['-n'], { input: stdout, reject: false })).stderr).toBe('');
    const defined = await execa('bash', ['-c', `${stdout}\ncomplete -p pci`]);
    expect(defined.stdout).toContain(' pci');
  });

  it('completes commands', async () => {
    const names = PCI_COMMANDS.map(({ name }) => name.split(' ')[0]);
    expect(await completions('')).toEqual(expect.arrayContaining([...names, 'completion']));
  });

  it('completes the second word of a command that has two', async () => {
    expect(await completions('sriov', '')).toEqual(['list', 'set', 'restore']);
  });

  it.each(PCI_COMMANDS.map((command) => [command.name, Object.keys(command.options)] as const))(
    'completes the options of %s',
    async (name, options) => {
      const words = await completions(...name.split(' '), '--');
      expect(words).toEqual(expect.arrayContaining(options.map((option) => `--${option}`)));
    },
  );

  it.each(['list', 'show', 'groups', 'tree', 'sriov list', 'sriov set'])(
    'completes the selectors of %s',
    async (name) => {
      expect(await completions(...name.split(' '), '')).toEqual(expect.arrayContaining(selectors));
    },
  );

  it.each([
    [['list', 'class=n'], ['class=network']],
    [['list', 'class=s'], selectors.filter((word) => word.startsWith('class=s'))],
    [['list', 'pf', 'v'], ['vf']],
    [['groups', 'dri'], ['driver=']],
    [['list', 'zz'], []],
  ])('%s', async (words, expected) => {
    expect((await completions(...words)).filter((word) => selectors.includes(word))).toEqual(expected);
  });

  it.each(['snapshot', 'diff'])('has no selectors for %s', async (name) => {
    expect((await completions(name, '')).filter((word) => selectors.includes(word))).toEqual([]);
  });

  it('has the values of an option', async () => {
    expect(await completions('list', '--format', '')).toEqual(
      expect.arrayContaining(['table', 'csv', 'ndjson', 'json']),
    );
  });
});
