import { PortalGunError } from '../../base/errors.ts';
import { shellCommand } from '../../base/shell-command.ts';
import type { GuestExecOptions, GuestExit } from '../../guest/agent/guest-agent.ts';
import type { HostSession } from '../session/host-session.ts';
import { type OpenAgentOptions, openAgent } from './open-agent.ts';

/** Options of `portal exec`. */
export interface GuestCommandOptions extends OpenAgentOptions, Omit<GuestExecOptions, 'signal'> {
  /** The command with its arguments: at least one word. */
  readonly command: readonly string[];
}

/**
 * Runs a command in a running guest, as its root, through its agent.
 *
 * @throws PortalGunError as {@link openAgent}, AGENT_FAILED, BAD_ARGUMENT
 */
export async function execInGuest(session: HostSession, options: GuestCommandOptions): Promise<GuestExit> {
  const { machine, waitMs, signal, command, ...exec } = options;
  if (command.length === 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'no command given', { subject: machine });
  }
  const agent = await openAgent(session, { machine, waitMs, signal });
  try {
    return await agent.exec(shellCommand(...command), { ...exec, signal });
  } finally {
    agent.close();
  }
}
