import type { Guests } from '../../apply/changeable-host.ts';
import type { HostSession } from '../session/host-session.ts';

/** A guest may still boot: an ordinary distribution needs minutes without KVM. */
const WAIT_MS = 5 * 60_000;

/** The guests of the machines of a session, by their agents. */
export function guestsOf(session: HostSession): Guests {
  return (
    session.guests ?? {
      async open(machine) {
        // Few plans change guests.
        const { openAgent } = await import('../guest/open-agent.ts');
        return openAgent(session, { machine, waitMs: WAIT_MS });
      },
      forget() {},
    }
  );
}
