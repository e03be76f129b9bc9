import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PCI_COMMANDS } from '../../lib/cli/pci-commands.ts';
import { PORTAL_COMMANDS } from '../../lib/cli/portal-commands.ts';
import { CATEGORIES } from '../../lib/libvirt/category.ts';
import { DEVICE_CATEGORIES } from '../../lib/pci/device-class.ts';
import { SELECTOR_KEYS } from '../../lib/pci/selector-parser.ts';
import { type Outcome, pci, pciInside, portal, portalInside } from '../support/pci-program.ts';

// The answers that zsh gets have descriptions behind a colon.
beforeAll(() => {
  vi.stubEnv('SHELL', '/bin/bash');
  vi.stubEnv('ZSH_NAME', undefined);
});
afterAll(() => {
  vi.unstubAllEnvs();
});

/** What completes the last of the words. */
function completions(...words: string[]): Promise<readonly string[]> {
  return wordsOf(pciInside(['--get-yargs-completions', 'pci', ...words]));
}

function portalCompletions(...words: string[]): Promise<readonly string[]> {
  return wordsOf(portalInside(['--get-yargs-completions', 'portal', ...words]));
}

async function wordsOf(running: Promise<Outcome>): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await running;
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
    const built = await wordsOf(pci(['--get-yargs-completions', 'pci', '']));
    expect(built).toEqual(await completions(''));
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

  it.each([
    'list',
    'show',
    'groups',
    'tree',
    'sriov list',
    'sriov set',
    'rom list',
    'rom inspect',
    'rom dump',
  ])('completes the selectors of %s', async (name) => {
    expect(await completions(...name.split(' '), '')).toEqual(expect.arrayContaining(selectors));
  });

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

describe('portal completion', () => {
  it('is a script for bash', async () => {
    const { stdout } = await portal(['completion']);
    expect((await execa('bash', ['-c', `${stdout}\ncomplete -p portal`])).stdout).toContain(' portal');
  });

  it('completes commands', async () => {
    const names = PORTAL_COMMANDS.map(({ name }) => name);
    expect(await portalCompletions('')).toEqual(expect.arrayContaining([...names, 'completion']));
  });

  it.each(PORTAL_COMMANDS.map((command) => [command.name, Object.keys(command.options)] as const))(
    'completes the options of %s',
    async (name, options) => {
      expect(await portalCompletions(name, '--')).toEqual(
        expect.arrayContaining(options.map((option) => `--${option}`)),
      );
    },
  );

  it('completes categories', async () => {
    expect(await portalCompletions('list', '--type', '')).toEqual(expect.arrayContaining([...CATEGORIES]));
    expect(await portalCompletions('tag', 'galaxy0', '--type', 'ro')).toEqual(['router']);
    expect(await portalCompletions('list', '--untagged', '--type', 'x')).toEqual([]);
  });

  it('has no machines where no libvirt answers, and says nothing', async () => {
    const { exitCode, stderr } = await portal(['--get-yargs-completions', 'portal', 'tag', '']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });
});
