import type { HostReader } from '../host/host-reader.ts';
import type { Change } from '../plan/change.ts';
import type { Direction } from '../plan/change-kind.ts';
import { kindOf } from '../plan/change-kinds.ts';
import { readVfsNow } from '../sysfs/device/driver-state.ts';

/**
 * Whether a change cannot take a device from the host, so that no safety rule needs to be checked. Creating the first
 * VFs takes nothing: the kernel refuses it if another program created some in the meantime.
 */
export function takesNothing(reader: HostReader, change: Change, direction: Direction): boolean {
  const question = kindOf(change).safety(change, direction);
  return (
    question.asks === 'nothing' || (question.asks === 'vfs' && readVfsNow(reader, question.pf).count === 0)
  );
}
