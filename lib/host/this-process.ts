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
 * The words that start `pci` of this package: the interpreter and its file. Only `pci` has the commands that root runs
 * later, and this process may be `portal` or a program that uses the library.
 *
 * @returns `null` if the file does not exist
 */
export function programWords(): readonly [interpreter: string, file: string] | null {
  try {
    return [process.execPath, realpathSync(new URL('../bin/pci.js', import.meta.url))];
  } catch {
    return null;
  }
}

/** The id of this process. */
export function processId(): number {
  return process.pid;
}

/** Waits; no longer than until a signal. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}

/** Time in ms that never goes back. */
export function monotonicMs(): number {
  return performance.now();
}

/** A variable of this process's environment; `null` where it is not set. */
export function variableOf(name: string): string | null {
  return process.env[name] ?? null;
}

/** The time of day, ISO 8601 in UTC. */
export function timeNow(): string {
  return new Date().toISOString();
}

/**
 * Collects garbage when the memory of this process has grown by a fifth, and not first when it has doubled: the peak of
 * `pci diff` on 32,768 functions is 300 MB instead of 420, and it takes 8 percent more processor time. V8 reads this flag
 * after each collection, so it can be set at any time.
 */
export function collectOften(): void {
  setFlagOfV8('--heap-growing-percent=20');
}

/** V8 prints an error for a flag that it does not have: only that of Node 20 is known to have it. */
function setFlagOfV8(flag: string): void {
  if (process.versions.v8.startsWith('11.')) process.getBuiltinModule('node:v8').setFlagsFromString(flag);
}
