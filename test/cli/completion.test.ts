import { describe, expect, it, vi } from 'vitest';
import type { Command } from '../../lib/cli/grammar/command.ts';
import { PCI_PROGRAM } from '../../lib/cli/tables/pci-program.ts';
import { PORTAL_PROGRAM } from '../../lib/cli/tables/portal-program.ts';
import { LiveRunner } from '../../lib/host/live/program/live-runner.ts';
import { CATEGORIES } from '../../lib/libvirt/machine/category.ts';
import { SELECTOR_KEYS } from '../../lib/pci/selector/selector-parser.ts';
import { fixture, type Outcome, pci, pciInside, portal, portalInside } from '../support/pci-program.ts';

const HOST = ['--host', fixture('gpu-desktop')];

interface Completed {
  readonly paths: string;
  readonly words: readonly string[];
  readonly summaries: readonly string[];
}

async function completed(running: Promise<Outcome>): Promise<Completed> {
  const { exitCode, stdout, stderr } = await running;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const [paths = '', ...lines] = stdout.replace(/\n$/, '').split('\n');
  const columns = lines.map((line) => line.split('\t'));
  return {
    paths,
    words: columns.map(([word = '']) => word),
    summaries: columns.map(([, summary = '']) => summary),
  };
}

/** What completes the last of the words behind `pci`. */
const completions = (...words: string[]): Promise<Completed> =>
  completed(pciInside(['__complete', ...words]));
const portalCompletions = (...words: string[]): Promise<Completed> =>
  completed(portalInside(['__complete', ...words]));

const PROGRAMS: readonly (readonly [string, readonly Command[], typeof completions])[] = [
  ['pci', PCI_PROGRAM.commands, completions],
  ['portal', PORTAL_PROGRAM.commands, portalCompletions],
];

describe.each(PROGRAMS)('%s', (name, commands, complete) => {
  it('completes commands, with what each does', async () => {
    const { words, summaries, paths } = await complete('');
    const firsts = new Set(commands.map((command) => command.name.split(' ')[0]));
    expect(words).toEqual([...firsts, 'help']);
    expect(summaries).not.toContain('');
    expect(paths).toBe('');
  });

  it('completes what help is asked on', async () => {
    const { words } = await complete('help', '');
    expect(words).toEqual((await complete('')).words.filter((each) => each !== 'help'));
    expect((await complete('help', commands[0]?.name ?? '', '')).words).toEqual([]);
  });

  it('completes options before a command', async () => {
    expect((await complete('--')).words).toEqual(['--help', '--version']);
  });

  it.each(commands.map((command) => [command.name, command] as const))(
    'completes the options of %s, each with what it does',
    async (_, { name: words, options }) => {
      const found = await complete(...words.split(' '), '--');
      expect(found.words).toEqual(
        expect.arrayContaining([...Object.keys(options).map((each) => `--${each}`)]),
      );
      expect(found.summaries).not.toContain('');
    },
  );

  it('says of each value what completes it', () => {
    const isSilent = ({ completes, choices, suggestions }: Command['options'][string]): boolean =>
      completes === undefined && choices === undefined && suggestions === undefined;
    const silent = commands.flatMap((command) => [
      ...Object.entries(command.options)
        .filter(([, option]) => option.type === 'string' && isSilent(option))
        .map(([option]) => `${command.name} --${option}`),
      ...Object.entries(command.positionals)
        .filter(([, { completes, suggestions }]) => completes === undefined && suggestions === undefined)
        .map(([positional]) => `${command.name} ${positional}`),
    ]);
    expect(silent).toEqual([]);
  });

  it('completes a command that is not there with nothing', async () => {
    expect(await complete('nonsense', '')).toEqual({ paths: '', words: [], summaries: [] });
  });

  it('names the shells', async () => {
    expect((await complete('completion', '')).words).toEqual(['bash', 'zsh', 'fish']);
    expect(name).not.toBe('');
  });
});

describe('pci', () => {
  it.each([
    [
      ['sriov', ''],
      ['list', 'set', 'restore', 'forget'],
    ],
    [
      ['bindings', ''],
      ['list', 'restore', 'forget'],
    ],
    [['bindings', '--res'], ['--restore']],
    [['bindings', 'restore', '--ch'], ['--check']],
    [
      ['help', 'bindings', ''],
      ['list', 'restore', 'forget'],
    ],
    [['bindings'], ['bindings']],
    [['sriov', 'set', 'x', '--tr'], ['--trust']],
    [
      ['list', '--format', ''],
      ['table', 'csv', 'ndjson', 'json'],
    ],
    [['list', '--format=c'], ['--format=csv']],
    [['list', '--columns', 'address,dri'], ['address,driver']],
    [['list', '-c', 'address,dri'], ['address,driver']],
    [['list', '--no-h'], ['--no-header']],
    [['list', '--json', '--js'], []],
    [['bind', '--allow', 'mounted', '--all'], ['--allow']],
    [['bind', '--allow', 'swa'], ['swap']],
    [['list', ...HOST, '0000:03'], ['0000:03:00.0']],
    [['list', ...HOST, '03:'], ['03:00.0']],
    [['list', ...HOST, '01:00.0', '03:'], ['03:00.0']],
    [['list', ...HOST, '--', '03:'], ['03:00.0']],
    [['list', ...HOST, 'class=n'], ['class=network']],
    [['list', ...HOST, 'driver=i'], ['driver=igb']],
    [['list', ...HOST, '!driver=i'], ['!driver=igb']],
    [['list', ...HOST, 'class=display,dri'], ['class=display,driver=']],
    [
      ['list', ...HOST, 'class=display,!driver=no'],
      ['class=display,!driver=nouveau', 'class=display,!driver=none'],
    ],
    [['list', ...HOST, 'card=03'], ['card=03:00']],
    [['list', ...HOST, 'zz'], []],
    [['show', ...HOST, 'netdev=e'], ['netdev=enp3s0']],
    [['show', ...HOST, 'block=n'], ['block=nvme0n1']],
    [['bind', ...HOST, '03:00.0', '--driver', 'vf'], ['vfio-pci']],
    [['snapshot', 'x'], []],
    [['tree', ...HOST, 'x', '--he'], ['--help']],
  ])('%s', async (words, expected) => {
    expect((await completions(...words)).words).toEqual(expected);
  });

  it('has keys, roles and short addresses where nothing is written yet', async () => {
    const { words, summaries } = await completions('list', ...HOST, '');
    expect(words).toEqual(
      expect.arrayContaining(['01:00.0', 'pf', 'vf', ...SELECTOR_KEYS.map((key) => `${key}=`)]),
    );
    expect(words).not.toContain('0000:01:00.0');
    expect(summaries[words.indexOf('01:00.0')]).toBe('NVIDIA GA102 [GeForce RTX 3080] (nouveau)');
  });

  it.each([
    [['snapshot', '-o', ''], 'file'],
    [['snapshot', '--output='], 'file'],
    [['list', '--host', 'x'], 'file'],
    [['apply', ''], 'file'],
    [['xml', '--output-dir', ''], 'folder'],
    [['rom', 'inspect', ...HOST, '01'], 'file'],
    [['bind', '01'], ''],
  ])('%s: paths', async (words, paths) => {
    expect((await completions(...words)).paths).toBe(paths);
  });

  it('answers with nothing for a host that is not there', async () => {
    const { exitCode, stdout, stderr } = await pci(['__complete', 'list', '--host', '/nowhere', '']);
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '\n', stderr: '' });
  });
});

describe('portal', () => {
  it('completes categories', async () => {
    expect((await portalCompletions('list', '--type', '')).words).toEqual([...CATEGORIES]);
    expect((await portalCompletions('tag', 'galaxy0', '--type', 'ro')).words).toEqual(['router']);
  });

  it.each<readonly [readonly string[], readonly string[]]>([
    [['mem'], ['memory=', 'memory.size=', 'memory.hugepages=']],
    [['r0', 'watch'], ['watchdog=']],
    [
      ['r0', 'watchdog=p'],
      ['watchdog=poweroff', 'watchdog=pause'],
    ],
    [
      ['r0', 'nics.'],
      ['nics.0.network=', 'nics.0.bridge=', 'nics.0.model=', 'nics.0.mac=', 'nics.0.boot='],
    ],
    [['r0', 'nics.12.mo'], ['nics.12.model=']],
    [
      ['r0', 'nics.12.model=e'],
      ['nics.12.model=e1000e', 'nics.12.model=e1000'],
    ],
    [
      ['r0', 'os.ephemeral='],
      ['os.ephemeral=on', 'os.ephemeral=off'],
    ],
    [['r0', 'title='], []],
    [['r0', 'nothing.'], []],
    [
      ['--unset', 'on.'],
      ['on.reboot', 'on.crash'],
    ],
    [['--unset=on.c'], ['--unset=on.crash']],
  ])('completes keys of definitions and their values: %j', async (words, expected) => {
    const completion = await portalCompletions('set', ...words);
    expect(completion.words).toEqual(expected);
    if (words.at(-1) === 'mem') expect(completion.summaries).not.toContain('');
  });

  it('has no machines where no libvirt answers, and says nothing', async () => {
    const env = { LIBVIRT_DEFAULT_URI: 'qemu+unix:///system?socket=/nowhere' };
    const { exitCode, stdout, stderr } = await portal(['__complete', 'tag', ''], { env });
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '\n', stderr: '' });
  });
});

describe('names of VMs', () => {
  it('are completed unless they would be read as options, or a terminal would act on them', async () => {
    const names = ['mail', 'my desk', '-v', 'a\u202eb', 'a\u001b[2Jb'];
    const virsh = vi.spyOn(LiveRunner.prototype, 'run').mockResolvedValue({
      ...{ kind: 'exited', exitCode: 0, stderr: '', stdout: names.map((name) => `${name}\n`).join('') },
    } as Awaited<ReturnType<LiveRunner['run']>>);
    expect((await portalCompletions('tag', '')).words).toEqual(['mail', 'my desk']);
    virsh.mockRestore();
  });
});

describe('completion', () => {
  it('is for the shell that SHELL names', async () => {
    const { stdout } = await pci(['completion'], { env: { SHELL: '/usr/bin/fish' } });
    expect(stdout).toBe((await pciInside(['completion', 'fish'])).stdout);
  });

  it.each([
    [{ SHELL: '/bin/tcsh' }, ['completion'], 'SHELL is /bin/tcsh'],
    [{}, ['completion'], 'SHELL is not set'],
    [{}, ['completion', 'tcsh'], 'tcsh: no completion for this shell'],
  ])('%j %j', async (env, args, message) => {
    const { exitCode, stdout, stderr } = await pci(args, { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message.replace('/bin/', ''));
    expect(stderr).toContain('pci completion bash');
  });
});
