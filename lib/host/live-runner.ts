import { execa } from 'execa';
import { RUN_TIMEOUT_MS, type Run, type Runner } from './runner.ts';

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** A PATH with the places where the programs of an administrator are, which that of an ordinary login may not have. */
export const PROGRAM_PLACES = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs programs of the live machine, in the C locale, so that what they print does not depend on who runs them. */
export class LiveRunner implements Runner {
  async run(program: string, args: readonly string[], timeoutMs: number = RUN_TIMEOUT_MS): Promise<Run> {
    const result = await execa(program, args, {
      reject: false,
      timeout: timeoutMs,
      stdin: 'ignore',
      maxBuffer: MAX_OUTPUT_BYTES,
      // Of a session of its own: what is typed to interrupt us must not cut a change in half.
      detached: true,
      cwd: '/',
      env: { LC_ALL: 'C', PATH: PROGRAM_PLACES },
    });
    if (result.exitCode !== undefined) {
      return { kind: 'exited', exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
    }
    if (result.code === 'ENOENT') return { kind: 'missing' };
    if (result.timedOut) return { kind: 'failed', detail: `did not end within ${timeoutMs / 1000} s` };
    return { kind: 'failed', detail: result.signal ?? result.code ?? 'could not be started' };
  }
}
