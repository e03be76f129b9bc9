import { PortalGunError } from '../../base/errors.ts';
import { isUnknown, type Known, UNREAD } from '../../base/known.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { goalOf, type PersistedPf } from './persisted-vfs.ts';
import { type PfField, planVfs, type VfField } from './plan-vfs.ts';
import type { PfState } from './vf-goal.ts';

/** Whether a PF has its recorded VFs, with their settings. */
export type VfsStatus = 'in-force' | 'not-in-force';

/** The status of the VFs of a PF against its record; unread if a captured host does not contain their settings. */
export function vfsStatus(
  entry: PersistedPf,
  state: PfState<DeviceWith<PfField>, DeviceWith<VfField>>,
): Known<VfsStatus> {
  const { link, vfs } = state;
  const isSet = entry.vfs.some((each) => Object.keys(each).length > 0);
  if (link !== null && isUnknown(link.vfs) && isSet && vfs.length === entry.count) return UNREAD;
  try {
    return planVfs(state, goalOf(entry)).plan.steps.length === 0 ? 'in-force' : 'not-in-force';
  } catch (error) {
    // The PF cannot have them in its current state.
    if (error instanceof PortalGunError) return 'not-in-force';
    throw error;
  }
}
