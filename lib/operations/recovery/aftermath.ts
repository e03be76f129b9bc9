import { PortalGunError } from '../../base/errors.ts';
import type { BoundUntilReboot } from '../../plan/binding/bound-until-reboot.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import type { HostSession } from '../session/host-session.ts';
import type { RecoveredChange } from './end-changes.ts';
import { readLeftBound } from './left-bound.ts';
import { type Missing, readMissing } from './missing-now.ts';

/** The tasks that remain for the user after changes were ended. */
export interface Aftermath {
  /** The persisted settings that are not in force; `null` if they could not be read, or were not checked. */
  readonly missing: readonly Missing[] | null;
  /**
   * The devices that stay on a VFIO driver although the change that bound them was undone; `null` if that could not
   * be read.
   */
  readonly leftBound: readonly BoundUntilReboot[] | null;
  /** Why a part could not be read: sentences. A damaged record must not prevent a recovery. */
  readonly notes: readonly string[];
}

/**
 * Reads the state after changes were ended, for the tasks that remain for the user.
 *
 * @param looksForMissing whether to check for persisted settings that are not in force
 */
export async function readAftermath(
  session: HostSession,
  changes: readonly RecoveredChange[],
  looksForMissing: boolean,
): Promise<Aftermath> {
  const { host } = session;
  const notes: string[] = [];
  const orNull = async <T>(read: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof PortalGunError)) throw error;
      notes.push(`${error.subject}: ${error.message}`);
      return null;
    }
  };
  const undone = changes.flatMap(({ left, report }) => (report.outcome === 'done' ? [] : [left]));
  const missing = looksForMissing ? await orNull(() => readMissing(session)) : null;
  const leftBound = await orNull(() => readLeftBound(host, undone, readBootId(host)));
  return { missing, leftBound, notes };
}
