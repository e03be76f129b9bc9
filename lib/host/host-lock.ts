import { PortalGunError } from '../base/errors.ts';
import { takeFileLock } from './file-lock.ts';

const LOCK_PATH = '/run/portal-gun/lock';

/**
 * Takes the lock of this machine, which allows one change at a time.
 *
 * @param folders the folders that are searched for `flock`
 * @returns a function that releases the lock
 * @throws PortalGunError HOST_LOCKED if another process has it, PERMISSION_DENIED, TOOL_MISSING without `flock`
 */
export async function lockHost(path: string = LOCK_PATH, folders?: readonly string[]): Promise<() => void> {
  const lock = await takeFileLock(path, String(process.pid), folders);
  if (typeof lock === 'function') return lock;
  const [pid] = /^\d{1,10}$/.exec(lock.note) ?? [];
  throw new PortalGunError('HOST_LOCKED', 'is held by another process that changes this host', {
    subject: path,
    ...(pid === undefined ? {} : { hint: `wait until it ends; to see which process it is: ps -p ${pid}` }),
  });
}
