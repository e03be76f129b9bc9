import { execa } from 'execa';
import { vi } from 'vitest';
import type { Program } from '../../lib/cli/grammar/program.ts';
import { runProgram } from '../../lib/cli/main.ts';
import { PCI_PROGRAM } from '../../lib/cli/tables/pci-program.ts';
import { PORTAL_PROGRAM } from '../../lib/cli/tables/portal-program.ts';
import type { ProcessLike } from '../../lib/cli/terminal/process-like.ts';
import type { HostPorts } from '../../lib/host/host-ports.ts';
import { programTrust } from '../../lib/host/program-trust.ts';
import { PCI, PORTAL, ROOT } from './built-programs.ts';

export { PCI, PORTAL, ROOT };

export interface Outcome {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Its stdin; empty by default. */
  readonly input?: string;
}

/** Runs the built `pci` in the root of the project, without settings of the caller in its environment. */
export function pci(args: readonly string[], options: Options = {}): Promise<Outcome> {
  return runBuilt(PCI, args, options);
}

/** The same for `portal`. */
export function portal(args: readonly string[], options: Options = {}): Promise<Outcome> {
  return runBuilt(PORTAL, args, options);
}

async function runBuilt(file: string, args: readonly string[], options: Options): Promise<Outcome> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [file, ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', ...options.env },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    timeout: options.timeoutMs ?? 120_000,
  });
  return { exitCode, stdout, stderr };
}

/**
 * The same without a process of its own, a hundred times as fast: for tests with many runs. With `columns` on a
 * terminal of that width, without colors.
 */
export function pciInside(args: readonly string[], columns?: number): Promise<Outcome> {
  return runInside(PCI_PROGRAM, args, columns);
}

/** The same for `portal`. */
export function portalInside(args: readonly string[], columns?: number): Promise<Outcome> {
  return runInside(PORTAL_PROGRAM, args, columns);
}

/** The same on another machine than this one: `test/support/simulated-ports.ts` has one. */
export function pciOn(ports: HostPorts, args: readonly string[], columns?: number): Promise<Outcome> {
  return runInside(PCI_PROGRAM, args, columns, ports);
}

/** The same for `portal`, which may use its streams as bytes. */
export function portalOn(
  ports: HostPorts,
  args: readonly string[],
  columns?: number,
  process: InsideProcess = {},
): Promise<Outcome> {
  return runInside(PORTAL_PROGRAM, args, columns, ports, process);
}

/** What more a process has than arguments and an environment. */
type InsideProcess = Pick<ProcessLike, 'openStreams' | 'on' | 'off'>;

async function runInside(
  program: Program,
  args: readonly string[],
  columns?: number,
  ports?: HostPorts,
  process: InsideProcess = {},
): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) => ({
    ...(columns === undefined ? {} : { isTTY: true, columns }),
    write: (text: string) => {
      written[name] += text;
    },
    on: () => undefined,
  });
  const host = {
    ...process,
    argv: ['node', program.name, ...args],
    env: { TERM: 'dumb' },
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    exitCode: undefined as number | undefined,
  };
  // Tests run from any checkout, of any user.
  const trust = vi.spyOn(programTrust, 'problemOf').mockReturnValue(null);
  await runProgram(program, host, ports);
  trust.mockRestore();
  return { ...written, exitCode: host.exitCode };
}

/** The path of a fixture from the root of the project, for `--host`. */
export function fixture(name: string): string {
  return `fixtures/${name}.snapshot`;
}

/** The source of names in every test: the list of the package, because that of the system differs between machines. */
export const BUNDLED_NAMES = ['--pci-ids', 'bundled'] as const;

/** The words of a line, split as in a shell; single quotes keep spaces. */
export function words(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
}
