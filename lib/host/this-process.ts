import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';

/** Whether this process runs as root, which a change of a host requires. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** The name of the user of this process; `null` for a user without a name. */
export function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}

/**
 * The words that start this program again: the interpreter and its file.
 *
 * @returns `null` if the file no longer exists
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

/** An environment variable of this process; `null` if it is not set. */
export function variableOf(name: string): string | null {
  return process.env[name] ?? null;
}

/** The time of day, ISO 8601 in UTC. */
export function timeNow(): string {
  return new Date().toISOString();
}
