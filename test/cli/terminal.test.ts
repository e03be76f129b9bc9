import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import textWidth from '../../lib/render/layout/text-width.ts';
import { BUNDLED_NAMES, fixture, PCI, pci, pciInside, ROOT } from '../support/pci-program.ts';

const ESCAPE = '\u001b';
// biome-ignore lint/suspicious/noControlCharactersInRegex: what colours are made of
const COLOUR = /\u001b\[\d+m/g;

/** What a slow machine shows until the output comes: on most terminals it is erased then. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: what erases a line
const SIGN = /^Reading the host …\r(\u001b\[K|\n)/;

const { exitCode: noScript } = await execa('script', ['--version'], { reject: false });
const CAN_RUN = noScript === 0;
// A continuous integration that lost the program would otherwise pass without having looked.
const NEEDED = process.env['CI'] !== undefined;
const WHY = CAN_RUN ? '' : ' (SKIPPED: no `script` of util-linux here)';

/** What stands on a terminal of so many columns after `pci` ran in it. */
async function onTerminal(columns: number, args: readonly string[], env: Record<string, string> = {}) {
  const quoted = [process.execPath, PCI, ...args, ...BUNDLED_NAMES].map((word) => `'${word}'`).join(' ');
  const { stdout } = await execa('script', ['-qec', `stty cols ${columns}; ${quoted}`, '/dev/null'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', TERM: 'xterm', ...env },
    extendEnv: false,
    stdin: 'ignore',
    // It ends as the program ends.
    reject: false,
  });
  const text = stdout.replace(SIGN, '').replaceAll('\r', '').replace(/\n*$/, '');
  return { text, lines: text.replaceAll(COLOUR, '').split('\n') };
}

const GPU = ['--host', fixture('gpu-desktop')];

describe('without a terminal', () => {
  it.each([
    [['list'], false],
    [['list', '--color'], true],
    [['list', '--color', '--no-color'], false],
    [['list', '--no-color'], false],
    [['list', '--color=always'], true],
    [['list', '--color=auto'], false],
    [['show', '01:00.0', '--color'], true],
    [['groups', '--color'], true],
    [['tree', '--color'], true],
    [['list', '--json', '--color'], false],
    [['list', '--format', 'csv', '--color'], false],
  ])('%s', async (args, coloured) => {
    const { stdout, exitCode } = await pci([...args, ...GPU]);
    expect({ coloured: stdout.includes(ESCAPE), exitCode }).toEqual({ coloured, exitCode: 0 });
    expect(stdout.replaceAll(COLOUR, '')).not.toContain(ESCAPE);
  });

  it('--color decides over NO_COLOR', async () => {
    const { stdout } = await pci(['list', ...GPU, '--color'], { env: { NO_COLOR: '1' } });
    expect(stdout).toContain(ESCAPE);
  });

  it.each([
    ['1', true],
    ['3', true],
    ['0', false],
    ['false', false],
    ['', false],
  ])('FORCE_COLOR=%s', async (value, coloured) => {
    const { stdout } = await pci(['list', ...GPU], { env: { FORCE_COLOR: value } });
    expect(stdout.includes(ESCAPE)).toBe(coloured);
  });

  it('colour changes nothing else', async () => {
    for (const command of [['list'], ['show', '03:00.0'], ['groups'], ['tree']]) {
      const plain = await pciInside([...command, ...GPU]);
      const coloured = await pciInside([...command, ...GPU, '--color']);
      expect(coloured.stdout.replaceAll(COLOUR, '')).toBe(plain.stdout);
    }
  });

  it('nothing is cut, and no summary follows', async () => {
    const { stdout } = await pci(['list', ...GPU], { env: { COLUMNS: '40' } });
    expect(stdout).not.toContain('…');
    expect(stdout.trimEnd().split('\n')).toHaveLength(10);
  });
});

it.runIf(NEEDED || CAN_RUN)('there is a `script` to make a terminal with', () => {
  expect(CAN_RUN).toBe(true);
});

describe.skipIf(!CAN_RUN)(`on a terminal${WHY}`, () => {
  it.each([
    ['list', 200, 'gpu-desktop'],
    ['list', 80, 'gpu-desktop'],
    ['list', 80, 'sixty-four-vfs'],
    ['list', 80, 'hostile-names'],
    ['list --columns address,device,group', 40, 'gpu-desktop'],
    ['tree', 60, 'gpu-desktop'],
    ['tree', 60, 'vmd-domain'],
    ['tree', 40, 'vmd-domain'],
    ['groups', 40, 'gpu-desktop'],
  ])('lines of %s fit %i columns: %s', async (command, columns, host) => {
    const { lines } = await onTerminal(columns, [...command.split(' '), '--host', fixture(host)]);
    const shown = lines.filter((line) => !line.startsWith('pci: '));
    const tooWide = shown.filter((line) => textWidth(line) > columns);
    expect(shown.length).toBeGreaterThan(3);
    expect(tooWide).toEqual([]);
    expect(shown.some((line) => line.includes('…'))).toBe(columns < 200);
  });

  it.each([
    [100, 'NVIDIA GA102 [GeForce RTX…   nouveau            5  boot display · shares gro…'],
    [80, 'NVIDIA GA102 [Ge…  nouveau            5  boot display ·…'],
    [60, 'NVIDIA GA102 [G…  nouveau           5'],
    [50, 'NVIDIA GA102 [G…  nouveau'],
    [40, 'NVIDIA GA102 [Ge…'],
  ])(
    'list on %i columns cuts the longest cells, then leaves columns out from the last',
    async (columns, row) => {
      const { lines } = await onTerminal(columns, ['list', ...GPU]);
      expect(lines[6]).toBe(`0000:01:00.0  display  ${row}`);
    },
  );

  it('list says what it left out, and below 40 columns it is as at 40', async () => {
    const { lines } = await onTerminal(40, ['list', ...GPU]);
    const remark = ['Omitted: driver, group, notes; --wide', 'shows all.'];
    expect(lines.slice(-3)).toEqual(['9 devices, 8 groups.', ...remark]);
    expect((await onTerminal(20, ['list', ...GPU])).lines).toEqual(lines);
  });

  it('a terminal that says it has no columns is given lines as a pipe is', async () => {
    const { lines } = await onTerminal(0, ['list', ...GPU]);
    const { stdout } = await pci(['list', ...GPU, ...BUNDLED_NAMES]);
    expect(lines.slice(0, -1)).toEqual(stdout.trimEnd().split('\n'));
  });

  it('list ends in a summary', async () => {
    expect((await onTerminal(100, ['list', ...GPU])).lines.at(-1)).toBe('9 devices, 8 groups.');
    const { lines } = await onTerminal(100, ['list', '--host', fixture('sixty-four-vfs')]);
    expect(lines.at(-1)).toBe('66 devices, 66 groups, 1 SR-IOV card (64 VFs).');
    const none = await onTerminal(100, ['list', '--host', fixture('no-iommu')]);
    expect(none.lines.at(-1)).toBe('3 devices, no IOMMU group.');
    const unread = await onTerminal(100, ['list', '-c', 'address', ...GPU]);
    expect(unread.lines.at(-1)).toBe('9 devices.');
  });

  it('--wide is not cut', async () => {
    const { lines } = await onTerminal(60, ['list', '--wide', ...GPU]);
    expect(lines.join('\n')).toContain('boot display · shares group with 01:00.1');
  });

  it.each([
    [
      'show 00:01.0',
      [
        '  IOMMU group   1 (DMA-FQ), only member',
        '  Location      pci0000:00/01.0, on a',
        '                root bus',
      ],
    ],
    ['show 01:00.0', ['  1  memory  256 MiB  0x6000000000', '     64-bit  prefetchable']],
    [
      'show 00:01.0',
      [
        '  blocks  a bridge stays with the host:',
        '          pass through the devices',
        '          behind it',
      ],
    ],
    ['groups group=0', ['    contains only bridges; nothing to', '    pass through']],
    ['groups group=6', ['  0000:02:00.0  Samsung NVMe SS…  (nvme)']],
    ['groups group=1', ['  0000:00:01.0  Intel 12th Gen Core Pro…', '                (pcieport, stays)']],
    ['tree 00:01.0', ['└─ 00:01.0  Intel 12th G…  (pcieport, …)']],
  ])('%s is wrapped, or cut, for 40 columns', async (line, expected) => {
    const { lines } = await onTerminal(40, [...line.split(' '), ...GPU]);
    expect(lines.join('\n')).toContain(expected.join('\n'));
  });

  it('diff is wrapped', async () => {
    const hosts = [fixture('gpu-desktop'), fixture('shared-group')];
    expect((await onTerminal(40, ['diff', ...hosts])).lines.slice(0, 7)).toEqual([
      'changed  0000:00:01.0',
      '         Intel 12th Gen Core Processor',
      '         PCI Express x16 Controller #1',
      '           ACS: sourceValidation,',
      '             p2pRequestRedirect,',
      '             p2pCompletionRedirect,',
      '             upstreamForwarding → none',
    ]);
    const { lines } = await onTerminal(60, ['diff', ...hosts]);
    expect(lines.slice(0, 2)).toEqual([
      'changed  0000:00:01.0  Intel 12th Gen Core Processor PCI',
      '                       Express x16 Controller #1',
    ]);
  });

  it('tree is drawn with lines, and with plain characters elsewhere', async () => {
    expect((await onTerminal(100, ['tree', ...GPU])).text).toContain('│  └─ ');
    expect((await pci(['tree', ...GPU])).stdout).toContain('|  `- ');
  });

  it.each([
    [{}, [], true],
    [{ NO_COLOR: '1' }, [], false],
    [{ NO_COLOR: '' }, [], true],
    [{ TERM: 'dumb' }, [], false],
    [{}, ['--no-color'], false],
    [{ NO_COLOR: '1' }, ['--color'], true],
    [{}, ['--color=never'], false],
    [{ NO_COLOR: '1' }, ['--color=auto'], false],
    [{ FORCE_COLOR: '0' }, [], true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, [], false],
  ])('colour with %j %j: %s', async (env, options, coloured) => {
    const { text } = await onTerminal(80, ['list', ...GPU, ...options], env);
    expect(text.includes(ESCAPE)).toBe(coloured);
  });

  it('errors are in no colour and whole', async () => {
    const { text } = await onTerminal(40, ['list', 'class=netwrok', ...GPU]);
    expect(text).toBe('pci: class=netwrok: is not a class [BAD_SELECTOR]\nhint: did you mean class=network?');
  });
});
