import { PortalGunError } from '../../../base/errors.ts';
import { Problem } from '../../../base/problem.ts';
import { escapeControls } from '../../../base/text.ts';
import type { GuestEnd } from '../../../guest/agent/guest-agent.ts';
import type { ChangeableHost } from '../../changeable-host.ts';

/** Packages are downloaded and installed in this time. */
const TIMEOUT_MS = 20 * 60_000;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const MAX_WORDS = 300;

/** Runs a script in a guest, and returns its stdout; a problem if the agent or the script failed. */
export async function askGuest(
  { guests }: Pick<ChangeableHost, 'guests'>,
  machine: string,
  script: string,
  input?: Uint8Array,
): Promise<string | Problem> {
  try {
    const agent = await guests.open(machine);
    const { ended, out, err } = await agent.exec(script, {
      ...{ timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_OUTPUT_BYTES },
      ...(input === undefined ? {} : { input }),
    });
    if (ended.kind === 'exit' && ended.status === 0) return Buffer.from(out).toString('utf8');
    return new Problem('GUEST_FAILED', `${machine}: ${wordsOf(ended, Buffer.from(err).toString('utf8'))}`);
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    guests.forget(machine);
    return new Problem('GUEST_FAILED', [error.subject ?? machine, error.message].join(': '));
  }
}

/** The last line of a guest's stderr, which may be anything. */
function wordsOf(ended: GuestEnd, stderr: string): string {
  const last = stderr.trimEnd().split('\n').at(-1)?.trim() ?? '';
  const words = last === '' ? '' : `: ${escapeControls(last.slice(0, MAX_WORDS))}`;
  switch (ended.kind) {
    case 'exit':
      return `a command in the guest exited with ${ended.status}${words}`;
    case 'timeout':
      return `a command in the guest did not end in time${words}`;
    case 'too-much-output':
      return 'a command in the guest printed too much';
    case 'cancelled':
      return 'a command in the guest was ended';
  }
}
