import { MACHINE_NAME } from '../../../machines/definition/definition-form.ts';
import { type GuestPathState, LINK_TARGET } from '../../../machines/provision/guest-scripts.ts';
import { isParts, isWhole } from '../../change-parts.ts';

const MAX_ID = 2 ** 32 - 2;
const MAX_MODE = 0o7777;

/** Whether a value is the name of a machine whose guest is changed. */
export function isMachineName(value: unknown): boolean {
  return typeof value === 'string' && MACHINE_NAME.test(value);
}

/** Whether a value is the state of a path of a guest. */
export function isPathState(value: unknown): value is GuestPathState {
  if (value === null) return true;
  if (!isParts(value)) return false;
  if (value['kind'] === 'link')
    return typeof value['target'] === 'string' && LINK_TARGET.test(value['target']);
  const isOwned =
    isWhole(value['mode'], MAX_MODE) && isWhole(value['uid'], MAX_ID) && isWhole(value['gid'], MAX_ID);
  if (value['kind'] === 'directory') return isOwned;
  return (
    isOwned &&
    value['kind'] === 'file' &&
    typeof value['sha256'] === 'string' &&
    /^[0-9a-f]{64}$/.test(value['sha256'])
  );
}
