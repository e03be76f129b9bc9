import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { SHELLS, type Shell } from '../../lib/cli/completion/completion-scripts.ts';
import { fixture, PCI, ROOT } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Real shells on a terminal, with what somebody types into them.

interface ShellStart {
  readonly command: string;
  /** What is typed first: the script is loaded as the help says. */
  readonly load: string;
}

const STARTS: Readonly<Record<Shell, ShellStart>> = {
  bash: { command: 'bash --norc --noprofile -i', load: 'source <(pci completion bash)' },
  zsh: {
    command: 'zsh -f -i',
    load: 'autoload -Uz compinit; compinit -u -D; source <(pci completion zsh)',
  },
  fish: { command: 'fish --no-config -i', load: 'pci completion fish | source' },
};

/** What is typed, with a tab key, and the arguments that the program then gets. */
const TYPED: readonly (readonly [typed: string, args: readonly string[]])[] = [
  ['show 0000:03:\t', ['show', '0000:03:00.0']],
  ['show 0000:01:00.1\t', ['show', '0000:01:00.1']],
  ['show 03:\t', ['show', '03:00.0']],
  ['list driver=nou\t', ['list', 'driver=nouveau']],
  ['list driver=snd_hda_intel,class=au\t', ['list', 'driver=snd_hda_intel,class=audio']],
  ['list "driver=nou\t', ['list', 'driver=nouveau']],
  ['list driv\tnone', ['list', 'driver=none']],
  ['list --format=c\t', ['list', '--format=csv']],
  ['list --form\tcsv', ['list', '--format', 'csv']],
  ['sriov s\tx --tru\ton', ['sriov', 'set', 'x', '--trust', 'on']],
  ['snapshot -o captu\t', ['snapshot', '-o', 'captured.snapshot']],
  ['diff --json captu\t', ['diff', '--json', 'captured.snapshot']],
  ['nonsense x\t', ['nonsense', 'x']],
];

const missing = (
  await Promise.all(
    ['script', ...SHELLS].map(async (name) => {
      const { exitCode } = await execa('sh', ['-c', 'command -v "$1"', 'sh', name], { reject: false });
      return exitCode === 0 ? [] : [name];
    }),
  )
).flat();
// A continuous integration that lost a shell would otherwise pass without having looked.
const NEEDED = process.env['CI'] !== undefined;

/** Has a captured host, and a `pci` that completes by that host and else prints its arguments. */
const folder = temporaryFolder();

function writeProgram(): void {
  const program = join(folder, 'pci');
  const captured = join(folder, 'captured.snapshot');
  copyFileSync(join(ROOT, fixture('gpu-desktop')), captured);
  writeFileSync(
    program,
    `#!/bin/sh
case $1 in
  completion) exec '${process.execPath}' '${PCI}' "$@" ;;
  __complete)
    case $2 in list | show)
      command=$2
      shift 2
      set -- __complete "$command" --host '${captured}' "$@"
    esac
    exec '${process.execPath}' '${PCI}' "$@" ;;
esac
printf 'GOT'
for word; do printf '<%s>' "$word"; done
printf '\\n'
`,
  );
  chmodSync(program, 0o755);
}

/** The arguments of each program that was started from lines that were typed. */
async function startedFrom(shell: Shell, lines: readonly string[]): Promise<readonly string[]> {
  writeProgram();
  const { command, load } = STARTS[shell];
  const typed = [load, ...lines.map((line) => `pci ${line}`), 'exit'].map((line) => `${line}\n`).join('');
  const { stdout } = await execa('script', ['-qfec', `stty cols 200; ${command}`, '/dev/null'], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env['PATH']}`, HOME: folder, LC_ALL: 'C.UTF-8', TERM: 'xterm' },
    extendEnv: false,
    input: typed,
    reject: false,
    timeout: 180_000,
  });
  return [...stdout.matchAll(/GOT(<.*>)/g)].map(([, args = '']) => args);
}

it.runIf(NEEDED || missing.length === 0)(
  'there is every shell, and a `script` to make a terminal with',
  () => {
    expect(missing).toEqual([]);
  },
);

for (const shell of SHELLS) {
  const lacking = missing.filter((name) => name === shell || name === 'script');
  const why = lacking.length === 0 ? '' : ` (SKIPPED: no ${lacking.join(', ')} here)`;
  describe.skipIf(lacking.length > 0)(`completion in ${shell}${why}`, () => {
    it('gives the program the words that were meant', { timeout: 200_000 }, async () => {
      const started = await startedFrom(
        shell,
        TYPED.map(([typed]) => typed),
      );
      expect(started).toEqual(TYPED.map(([, args]) => args.map((each) => `<${each}>`).join('')));
    });
  });
}
