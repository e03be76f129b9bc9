import { type Cancellation, demandGoing } from '../../base/cancelled.ts';
import { PortalGunError } from '../../base/errors.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import type { LargeFiles, ScratchFolder } from '../../host/large-files.ts';
import type { RunOptions } from '../../host/runner.ts';

/** Options of work that takes long. */
export interface WorkOptions {
  /** Ends the work early; it then throws `Cancelled`, and leaves nothing. */
  readonly signal?: Cancellation | undefined;
  /** Gets one line for each part of the work. */
  readonly onProgress?: ((line: string) => void) | undefined;
}

/** The environment of a build: the ports, and a directory that is removed afterwards. */
export interface Workshop extends WorkOptions {
  readonly ports: HostPorts;
  readonly large: LargeFiles;
  readonly scratch: ScratchFolder;
}

const LONG_MS = 30 * 60_000;

/** Runs something in a scratch directory, and removes the directory, also if it fails. */
export async function withWorkshop<T>(
  ports: HostPorts,
  options: WorkOptions,
  run: (workshop: Workshop) => Promise<T>,
): Promise<T> {
  const large = await ports.openLargeFiles();
  const scratch = await large.openScratch();
  try {
    return await run({ ...options, ports, large, scratch });
  } finally {
    await scratch.close();
  }
}

export interface ProgramOptions extends Pick<RunOptions, 'folder' | 'environment' | 'onOutput'> {
  /** The work that is not done if it fails: a clause. */
  readonly failure: string;
  readonly hint?: string;
}

/**
 * Runs a program, and demands that it succeeds.
 *
 * @returns its output
 * @throws PortalGunError TOOL_MISSING, TOOL_FAILED
 * @throws Cancelled
 */
export async function runProgram(
  { ports, signal }: Pick<Workshop, 'ports' | 'signal'>,
  program: string,
  args: readonly string[],
  { failure, hint, ...options }: ProgramOptions,
): Promise<string> {
  demandGoing(signal);
  const run = await ports.runner.run(program, args, {
    ...options,
    timeoutMs: LONG_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  demandGoing(signal);
  const details = { subject: program, ...(hint === undefined ? {} : { hint }) };
  if (run.kind === 'missing') throw new PortalGunError('TOOL_MISSING', 'is not installed', details);
  if (run.kind === 'failed') throw new PortalGunError('TOOL_FAILED', `${failure}: ${run.detail}`, details);
  if (run.exitCode === 0) return run.stdout;
  throw new PortalGunError(
    'TOOL_FAILED',
    `${failure}: ${lastLines(run.stderr) || `exit ${run.exitCode}`}`,
    details,
  );
}

/** The last lines of a program, or its errors. */
function lastLines(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const errors = lines.filter((line) => /^(E:|error|.*: error)/i.test(line));
  return (errors.length > 0 ? errors : lines.filter((line) => line !== '').slice(-2)).slice(0, 3).join('; ');
}

/** A program that work needs, and the package of Debian that has it. */
export interface NeededProgram {
  readonly program: string;
  readonly debianPackage: string;
}

/**
 * Refuses work if a program that it needs is missing. The error lists all missing programs.
 *
 * @throws PortalGunError TOOL_MISSING
 */
export async function demandPrograms(ports: HostPorts, needed: readonly NeededProgram[]): Promise<void> {
  const missing: NeededProgram[] = [];
  for (const each of needed) {
    const { kind } = await ports.runner.run(each.program, ['--version']);
    if (kind === 'missing') missing.push(each);
  }
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))];
  throw new PortalGunError('TOOL_MISSING', missing.length > 1 ? 'are not installed' : 'is not installed', {
    subject: missing.map(({ program }) => program).join(', '),
    hint: `install them: apt-get install ${packages.join(' ')}`,
  });
}
