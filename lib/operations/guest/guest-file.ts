import { PortalGunError } from '../../base/errors.ts';
import type { AgentMessage } from '../../guest/agent/agent-protocol.ts';
import { shownBytes } from '../../guest/agent/frame-reader.ts';

const MAX_PATH_BYTES = 4000;

/** @throws PortalGunError BAD_ARGUMENT for a path of a guest that is not absolute, or has control characters */
export function demandGuestPath(path: string): void {
  if (/^\/[^\p{Cc}]*[^/\p{Cc}]$/u.test(path) && Buffer.byteLength(path) < MAX_PATH_BYTES) return;
  throw new PortalGunError('BAD_ARGUMENT', 'is not an absolute path of a file in a guest', {
    subject: path,
    hint: 'use a path such as /etc/motd',
  });
}

/** The error of a transfer that an agent did not end with success. */
export function guestFileError(path: string, last: AgentMessage, verb: 'read' | 'written'): PortalGunError {
  const [code, text] = last.kind === 'fail' ? [last.code, last.text] : ['', new Uint8Array()];
  if (code === 'missing') {
    return new PortalGunError('GUEST_FILE_MISSING', 'the guest has no such file', { subject: path });
  }
  const reason = Buffer.from(text).toString('utf8').trim();
  const why = reason === '' ? '' : `: the guest reports ${shownBytes(Buffer.from(reason))}`;
  return new PortalGunError('GUEST_FILE_FAILED', `cannot be ${verb}${why}`, { subject: path });
}
