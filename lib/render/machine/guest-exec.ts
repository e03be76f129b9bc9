import type { GuestExecDocument } from '../../documents/machines/guest-exec.ts';
import type { GuestExit } from '../../guest/agent/guest-agent.ts';

/** The result of a command in a guest as JSON. */
export function guestExecDocument(machine: string, { ended, out, err }: GuestExit): GuestExecDocument {
  return {
    schema: 'portal-gun/guest-exec/v1',
    machine,
    ended: ended.kind,
    status: ended.kind === 'exit' ? ended.status : null,
    stdout: Buffer.from(out).toString('utf8'),
    stderr: Buffer.from(err).toString('utf8'),
  };
}
