import { PortalGunError } from '../../base/errors.ts';
import type { BoundUntilReboot } from '../../plan/binding/bound-until-reboot.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import type { HostSession } from '../session/host-session.ts';
import type { RecoveredChange } from './end-changes.ts';
import { readLeftBound } from './left-bound.ts';
import { type Missing, readMissing } from './missing-now.ts';

/** The work that is left to a person once changes are ended. */
export interface Aftermath {
  /** What is persisted and not in force; `null` if it could not be read, or nobody looked. */
  readonly missing: readonly Missing[] | null;
  /** What stays on a VFIO driver though the change that bound it is undone; `null` if it could not be read. */
  readonly leftBound: readonly BoundUntilReboot[] | null;
  /** Why something could not be read: sentences. A damaged record keeps nobody from recovering. */
  readonly notes: readonly string[];
}

/**
 * Reads the state after changes are ended, for the tasks that remain for the user.
 *
 * @param looksForMissing whether to look for what is persisted and not in force
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
