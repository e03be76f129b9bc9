import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';

/** Whether this process is root's: what changes a host needs it. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** What the user is called as whom this process runs; `null` for one without a name. */
export function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}

/**
 * The words that start this program anew, wherever from: the interpreter and its file.
 *
 * @returns `null` where the file is not there any more
 */
export function programWords(): readonly [interpreter: string, file: string] | null {
  try {
    return [process.execPath, realpathSync(process.argv[1] ?? '')];
  } catch {
    return null;
  }
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** A variable of this process's environment; `null` where it is not set. */
export function variableOf(name: string): string | null {
  return process.env[name] ?? null;
}

/** The time of day, ISO 8601 in UTC. */
export function timeNow(): string {
  return new Date().toISOString();
}
