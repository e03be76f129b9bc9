/** How long a program that is late has to end by itself. */
export const GRACE_MS = 2000;

/** Sends a signal to all that a program started, as far as it stayed in its group. */
export function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // They have ended.
  }
}
