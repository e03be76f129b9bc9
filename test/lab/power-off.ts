import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentConnection } from './agent-connection.ts';

/** How a machine ended: by itself, or because it was killed when it did not. */
export type Ending = 'off' | 'killed';

/** What is known of a machine that is to be powered off. */
export interface EndingMachine {
  readonly name: string;
  readonly agent: AgentConnection;
  /** How long it took until commands could be run: a measure of how quick this machine is. */
  readonly bootMs: number;
  /** Whether what it wrote to its disk is kept. */
  readonly keepsDisk: boolean;
  /** Settles when QEMU has ended. */
  readonly ended: PromiseLike<unknown>;
  /** Whether the kernel gave up. */
  panicked(): boolean;
  /** Told if the machine does not power off. */
  say(text: string): void;
}

/** A machine has as long until it is off as it took to boot, which is much more work; and this long at least. */
const LEAST_PATIENCE_MS = 10_000;
const SYNC_TIMEOUT_MS = 120_000;
const LOOK_MS = 250;

/**
 * Asks a machine to power off, and waits for it. Whoever ends a machine has the results of its commands: so one that
 * does not power off is no failure, but worth a note. The caller kills it.
 *
 * @throws Error if what it wrote to a disk that is kept may be lost
 */
export async function powerOff(machine: EndingMachine): Promise<Ending> {
  const { name, agent, ended } = machine;
  const patienceMs = Math.max(LEAST_PATIENCE_MS, machine.bootMs);
  let off = false;
  const whenOff = ended.then(() => {
    off = true;
  });
  if (machine.keepsDisk) {
    // Of this file system only: another may hang.
    const synced = agent.output(['sync', '--file-system', '/'], { timeoutMs: SYNC_TIMEOUT_MS });
    await Promise.race([synced, whenOff]).catch((error: unknown) => {
      if (!agent.isClosed) throw error;
    });
  }
  agent.powerOff();
  for (const last = Date.now() + patienceMs; Date.now() < last && !machine.panicked(); ) {
    await Promise.race([whenOff, sleep(LOOK_MS)]);
    if (off) return 'off';
  }
  const why = machine.panicked()
    ? 'its kernel panicked'
    : `it is not off after ${Math.round(patienceMs / 1000)} s`;
  machine.say(`the machine ${name} was killed while it powered off: ${why}`);
  return 'killed';
}
