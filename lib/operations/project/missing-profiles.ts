import { PortalGunError } from '../../base/errors.ts';
import { BOOT_PROFILES, type BootProfile } from '../../machines/boot/guest-modules.ts';
import type { HostSession } from '../session/host-session.ts';
import { type MachineNames, machinesOf } from './choose-machines.ts';
import { MachineStore } from './machine/machine-store.ts';
import { openProject } from './open-project.ts';

/**
 * The boot assets that machines need, that the store does not have, and that can be built from packages.
 *
 * @throws PortalGunError NO_FOLDER, BAD_ARGUMENT
 */
export async function missingProfiles(
  session: HostSession,
  choice: MachineNames,
): Promise<readonly BootProfile[]> {
  const project = await openProject(session);
  const store = new MachineStore(session.ports.reader);
  const read = await machinesOf(project, choice);
  const named = read.flatMap(({ result }) =>
    'error' in result ? [] : (result.definition?.boot.profile ?? []),
  );
  const known = Object.keys(BOOT_PROFILES) as BootProfile[];
  return known.filter((profile) => named.includes(profile) && !isStored(store, profile));
}

function isStored(store: MachineStore, profile: BootProfile): boolean {
  try {
    store.profile(profile);
    return true;
  } catch (error) {
    if (error instanceof PortalGunError) return false;
    throw error;
  }
}
