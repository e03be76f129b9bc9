import { spawn } from 'node:child_process';
import type { Background } from '../background.ts';
import { errorCode } from '../host-reader.ts';
import { findProgram, PROGRAM_FOLDERS, PROGRAM_PLACES } from '../programs.ts';

/** Starts programs of the live machine. */
export class LiveBackground implements Background {
  start(program: string, args: readonly string[]): Promise<string | null> {
    const child = spawn(findProgram(program, PROGRAM_FOLDERS) ?? program, args, {
      // setsid(2): neither a hang-up nor a key at the terminal reaches it.
      detached: true,
      cwd: '/',
      env: { LC_ALL: 'C', PATH: PROGRAM_PLACES },
      stdio: 'ignore',
    });
    child.unref();
    return new Promise((resolve) => {
      child.once('spawn', () => resolve(null));
      child.once('error', (error) => resolve(errorCode(error)));
    });
  }
}
