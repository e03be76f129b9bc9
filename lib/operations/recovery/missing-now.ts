import { isUnknown } from '../../base/known.ts';
import type { PciAddress } from '../../pci/address.ts';
import { TRAIT_FIELDS } from '../../pci/device-traits.ts';
import { NO_NAMES } from '../../pci/pci-ids.ts';
import { bindingStatus, isBound } from '../../plan/binding/binding-status.ts';
import { vfsStatus } from '../../plan/sriov/vfs-status.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { readBindings, readPersistedPfs } from '../binding/persistence.ts';
import type { HostSession } from '../session/host-session.ts';
import { findPfs } from '../sriov/persisted-pfs.ts';
import { PF_FIELDS, readPf } from '../sriov/pf-state.ts';

/** A persisted setting that is not in force. */
export interface Missing {
  readonly kind: 'binding' | 'vfs';
  /** The recorded address. */
  readonly address: PciAddress;
  readonly state: string;
}

/**
 * The persisted settings of a host that are not in force now.
 *
 * @throws PortalGunError BAD_RECORD, PERMISSION_DENIED
 */
export async function readMissing(session: HostSession): Promise<readonly Missing[]> {
  const { host } = session;
  const [bindings, entries] = [readBindings(host), readPersistedPfs(host)];
  if (bindings.length + entries.length === 0) return [];
  const inventory = readInventory(host, NO_NAMES, [...new Set([...TRAIT_FIELDS, ...PF_FIELDS])]);
  const { devices } = inventory;
  const missing: Missing[] = [];
  for (const { entry, whereabouts } of findPfs(host, entries, devices)) {
    const { address } = entry;
    const pf = devices.find((device) => device.address === whereabouts.device?.address);
    if (pf === undefined || (whereabouts.kind !== 'here' && whereabouts.kind !== 'moved')) {
      missing.push({ kind: 'vfs', address, state: whereabouts.kind });
      continue;
    }
    const status = vfsStatus(entry, await readPf(session, inventory, pf));
    if (status !== 'in-force') {
      missing.push({ kind: 'vfs', address, state: isUnknown(status) ? 'unknown' : (status ?? 'unknown') });
    }
  }
  for (const binding of bindings) {
    const status = bindingStatus(binding, devices);
    if (!isBound(status)) missing.push({ kind: 'binding', address: binding.address, state: status.state });
  }
  return missing;
}
