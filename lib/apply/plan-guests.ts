import type { GuestAgent } from '../guest/agent/guest-agent.ts';
import type { Guests } from './changeable-host.ts';

/**
 * The guests of a host while one plan is applied: a session with each stays open until the plan ends. One that failed is
 * opened again for the next request.
 */
export class PlanGuests implements Guests {
  readonly #guests: Guests;
  readonly #open = new Map<string, Promise<GuestAgent>>();

  constructor(guests: Guests) {
    this.#guests = guests;
  }

  open(machine: string): Promise<GuestAgent> {
    const known = this.#open.get(machine);
    if (known !== undefined) return known;
    const opening = this.#guests.open(machine);
    this.#open.set(machine, opening);
    opening.catch(() => this.#open.delete(machine));
    return opening;
  }

  /** Forgets a session that ended. */
  forget(machine: string): void {
    void this.#closed(machine);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((machine) => this.#closed(machine)));
  }

  async #closed(machine: string): Promise<void> {
    const opening = this.#open.get(machine);
    this.#open.delete(machine);
    // One that could not be opened has nothing to close.
    await opening?.then(
      (agent) => agent.close(),
      () => undefined,
    );
  }
}
