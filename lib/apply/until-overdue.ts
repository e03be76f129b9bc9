import type { JournalStatus } from './journal-status.ts';

/** What somebody who waits for a change to be confirmed does meanwhile. */
export interface Watch {
  /** How it stands with the change; `null` once its journal is gone. */
  readonly look: () => Promise<JournalStatus | null>;
  /** Takes the host's lock, and gives what lets it go; `null` where another has it. */
  readonly lock: () => Promise<(() => void) | null>;
  readonly pause: (ms: number) => Promise<void>;
}

/** How long a lock is left to whoever has it. */
const LOCKED_PAUSE_MS = 1000;

// A timer stands still while the machine is suspended, and the time to confirm does not.
const MOST_PAUSE_MS = 5000;

/**
 * Waits until a change has to be undone, because nobody confirmed it or because who made it was killed: that one holds
 * the host's lock until all is made, and the time to confirm begins then.
 *
 * @returns what lets go of the host's lock, which is held; `null` where nothing is to be undone
 */
export async function untilOverdue({ look, lock, pause }: Watch): Promise<(() => void) | null> {
  for (;;) {
    const status = await look();
    if (status?.kind === 'awaiting') {
      await pause(Math.min(status.remainingMs, MOST_PAUSE_MS));
      continue;
    }
    // Also where there is no journal: it may be about to be written.
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
