import type { JournalStatus } from './journal/journal-status.ts';

/** The functions of a process that waits for a confirmation. */
export interface Watch {
  /** The status of the change; `null` if its journal no longer exists. */
  readonly look: () => Promise<JournalStatus | null>;
  /** Takes the lock of the host, and returns a function that releases it; `null` if another process has it. */
  readonly lock: () => Promise<(() => void) | null>;
  readonly pause: (ms: number) => Promise<void>;
}

/** The pause if another process has the lock. */
const LOCKED_PAUSE_MS = 1000;

// A timer stops while the machine is suspended, but the time limit does not.
const MOST_PAUSE_MS = 5000;

/**
 * Waits until a change must be undone, because it was not confirmed or because its process was killed: that process
 * holds the lock of the host until all steps are made, and the time to confirm starts then.
 *
 * @returns a function that releases the lock of the host, which is held; `null` if nothing must be undone
 */
export async function untilOverdue({ look, lock, pause }: Watch): Promise<(() => void) | null> {
  for (;;) {
    const status = await look();
    if (status?.kind === 'awaiting') {
      await pause(Math.min(status.remainingMs, MOST_PAUSE_MS));
      continue;
    }
    // Also without a journal, because it may be about to be written.
    const release = await lock();
    if (release === null) {
      await pause(LOCKED_PAUSE_MS);
      continue;
    }
    const now = await look();
    if (now !== null && now.kind !== 'awaiting') return release;
    release();
    if (now === null) return null;
  }
}
