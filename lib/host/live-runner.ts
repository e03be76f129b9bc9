import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { errorCode } from './host-reader.ts';
import { RUN_TIMEOUT_MS, type Run, type Runner, type RunOptions } from './runner.ts';

/** The most that is asked for at once are the documents of all devices from virsh, 1 to 20 KiB each. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
/** A PATH with the places where the programs of an administrator are, which that of an ordinary login may not have. */
export const PROGRAM_PLACES = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Any number, of which execa's types know the first alone. */
type Descriptor = 3 | 4;

/**
 * Runs programs of the live machine, in the C locale, so that what they print does not depend on who runs them. They
 * are sought in the places of the system first, and then in the PATH of whoever runs us.
 */
export class LiveRunner implements Runner {
  readonly #folders: readonly string[] | null;

  /** @param folders where programs are sought instead; what they start finds its own there too */
  constructor(folders: readonly string[] | null = null) {
    this.#folders = folders;
  }

  async run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
    const path = this.#folders?.join(delimiter) ?? `${PROGRAM_PLACES}:${process.env['PATH'] ?? ''}`;
    if (options.input === undefined) return start(program, args, path, options, 'ignore');
    let input: Descriptor;
    try {
      input = openUnnamedFile(options.input);
    } catch (error) {
      return { kind: 'failed', detail: `could not be given its input: ${errorCode(error)}` };
    }
    try {
      return await start(program, args, path, options, input);
    } finally {
      closeSync(input);
    }
  }
}

async function start(
  program: string,
  args: readonly string[],
  path: string,
  { timeoutMs = RUN_TIMEOUT_MS, environment }: RunOptions,
  stdin: 'ignore' | Descriptor,
): Promise<Run> {
  const result = await execa(program, args, {
    reject: false,
    timeout: timeoutMs,
    stdin,
    maxBuffer: MAX_OUTPUT_BYTES,
    // Of a session of its own: what is typed to interrupt us must not cut a change in half.
    detached: true,
    cwd: '/',
    env: { ...environment, LC_ALL: 'C', PATH: path },
  });
  if (result.isMaxBuffer) {
    return { kind: 'failed', detail: `printed more than ${MAX_OUTPUT_BYTES / 1024 / 1024} MiB` };
  }
  if (result.exitCode !== undefined) {
    return { kind: 'exited', exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  }
  if (result.code === 'ENOENT') return { kind: 'missing' };
  if (result.code === 'EACCES') {
    // The kernel says so too where a folder of the PATH may not be looked into, and the program is in none.
    const place = placeOf(program, path);
    return place === null ? { kind: 'missing' } : { kind: 'failed', detail: `${place} can't be executed` };
  }
  if (result.timedOut) return { kind: 'failed', detail: `did not end within ${timeoutMs / 1000} s` };
  return { kind: 'failed', detail: result.signal ?? result.code ?? 'could not be started' };
}

/** The first file of a name in a PATH, executable or not, as far as its folders can be looked into. */
function placeOf(program: string, path: string): string | null {
  const places = program.includes('/') ? [program] : path.split(delimiter).map((each) => join(each, program));
  const place = places.find((each) => {
    try {
      return statSync(each).isFile();
    } catch {
      return false;
    }
  });
  return place ?? null;
}

/** A text to be read: a file, since what Node makes of one is a socket, and that can't be opened as `/dev/stdin`. */
function openUnnamedFile(text: string): Descriptor {
  const folder = mkdtempSync(join(tmpdir(), 'portal-gun-'));
  try {
    const path = join(folder, 'input');
    writeFileSync(path, text, { mode: 0o600 });
    return openSync(path, 'r') as Descriptor;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
