import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { PCI, PORTAL } from '../support/built-programs.ts';
import type { Outcome } from '../support/pci-program.ts';
import type { RunningLibvirtd } from './libvirtd.ts';
import { programOf, type RootFileSystem } from './root-file-system.ts';

const RUN_TIMEOUT_MS = 300_000;
/** The directories of programs and services that are private, and where each is in {@link RunningLibvirtd.state}. */
const PRIVATE = { lib: '/var/lib', log: '/var/log', run: '/run' } as const;
/** Of these, what is not of one machine: what was imported, and what is kept for later. */
const SHARED = /^(lib\/portal-gun\/(boot|images|scratch|journal)|run\/portal-gun\/(lock|kvm-result))(\/|$)/;

/**
 * The built programs, run as root of a host whose libvirt is the lab's: both have the same `/var/lib/portal-gun`,
 * `/var/log/portal-gun` and `/run/portal-gun`, and those of this machine are neither read nor written.
 */
export interface MachineHost {
  portal(args: readonly string[]): Promise<Outcome>;
  pci(args: readonly string[]): Promise<Outcome>;
  /** Runs a script of a shell. */
  sh(script: string): Promise<Outcome>;
  /** The commands that `virsh` got since this was asked the last time. */
  commands(): readonly string[];
  /** Kills the program with `kill -9` as soon as it sends a command of this verb, which libvirt gets then only with `after`. */
  killAt(verb: string, when: 'before' | 'after'): void;
  /** Where a path below one of the private directories is for this process. */
  outside(path: string): string;
  /** The files and directories of machines. */
  files(): readonly string[];
}

export function machineHost(
  root: RootFileSystem,
  { bin: real, folder, state }: RunningLibvirtd,
): MachineHost {
  const bin = join(folder, 'host-bin');
  const enter = join(folder, 'enter-host.sh');
  const log = join(folder, 'virsh-commands');
  mkdirSync(bin);
  // Root runs no programs of a folder that others can write.
  chmodSync(bin, 0o755);
  writeFileSync(log, '');
  const program = (name: string, text: string): void =>
    writeFileSync(join(bin, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  const kill = join(folder, 'kill-at');
  program('virsh', virshScript({ real: join(real, 'virsh'), log, kill }));
  const image = programOf(root.tree, 'usr/bin/qemu-img', []);
  program('qemu-img', `exec ${[image.program, ...image.args].map((word) => `'${word}'`).join(' ')} "$@"`);
  const mounts = Object.entries(PRIVATE).map(([name, path]) => `mount --bind '${join(state, name)}' ${path}`);
  // Programs are found in this folder first.
  writeFileSync(enter, ['set -eu', ...mounts, `mount --bind '${bin}' /usr/sbin`, 'exec "$@"', ''].join('\n'));

  const users = process.geteuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const run = async (words: readonly string[], input = ''): Promise<Outcome> => {
    const args = [...users, '--mount', '--propagation', 'private', 'sh', enter, ...words];
    const { exitCode, stdout, stderr } = await execa('unshare', args, {
      cwd: folder,
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' },
      extendEnv: false,
      input,
      reject: false,
      stripFinalNewline: false,
      timeout: RUN_TIMEOUT_MS,
    });
    return { exitCode, stdout, stderr };
  };
  let known = 0;
  return {
    portal: (args) => run([process.execPath, PORTAL, ...args]),
    pci: (args) => run([process.execPath, PCI, ...args]),
    sh: (script) => run(['sh', '-s'], script),
    commands() {
      const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
      const fresh = lines.slice(known);
      known = lines.length;
      return fresh;
    },
    killAt: (verb, when) => writeFileSync(kill, `${verb} ${when}\n`),
    outside(path) {
      const [name, above] = Object.entries(PRIVATE).find(([, each]) => path.startsWith(`${each}/`)) ?? [];
      if (name === undefined || above === undefined) throw new Error(`${path} is not private`);
      return join(state, name, path.slice(above.length));
    },
    files: () =>
      (readdirSync(state, { recursive: true }) as string[]).filter((path) => !SHARED.test(path)).sort(),
  };
}

/** A `virsh` that writes down what it is told, and kills who tells it where it is asked to. */
function virshScript({ real, log, kill }: Readonly<Record<'real' | 'log' | 'kill', string>>): string {
  return `echo "$*" >> '${log}'
while IFS= read -r line || [ -n "$line" ]; do
  printf '%s\\n' "$line" >> '${log}'
  verb= when=
  [ ! -e '${kill}' ] || read -r verb when < '${kill}'
  if [ -z "$verb" ] || [[ "$line " != "$verb "* ]]; then printf '%s\\n' "$line"; continue; fi
  rm '${kill}'
  if [ "$when" = after ]; then printf '%s\\n' "$line"; sleep 2; fi
  kill -KILL $PPID
  break
done | '${real}' "$@"`;
}
