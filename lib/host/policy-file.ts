import { PortalGunError } from '../base/errors.ts';
import { readFileBounded } from './files.ts';
import { isFailure } from './host-reader.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * The text of a policy, whatever is in it.
 *
 * @throws PortalGunError BAD_POLICY where it can't be read
 */
export function readPolicyFile(path: string): string {
  const bytes = readFileBounded(path, MAX_BYTES);
  if (bytes === null) throw new PortalGunError('BAD_POLICY', 'is not there', { subject: path });
  if (isFailure(bytes)) {
    throw new PortalGunError('BAD_POLICY', `can't be read: ${bytes.detail}`, { subject: path });
  }
  return bytes.toString('utf8');
}
