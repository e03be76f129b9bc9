import type { PciDevice } from '../pci/device.ts';
import { isPassthroughDriver } from '../pci/iommu-group.ts';
import { isOf, type PersistedDevice, persistedDeviceOf } from '../pci/persisted-device.ts';
import { parseRecord, type RecordForm, serializeRecord } from './record.ts';

/** Where it is written down which devices are given to VMs from each boot on. */
export const BINDINGS_PATH = '/etc/portal-gun/bindings.json';

/** A device that is given to VMs from each boot on. */
export interface PersistedBinding extends PersistedDevice {
  readonly driver: string;
}

// It becomes part of programs that root runs.
const DRIVER = /^[\w-]{1,64}$/;

const FORM: RecordForm<PersistedBinding> = {
  path: BINDINGS_PATH,
  schema: 'portal-gun/bindings/v1',
  isEntry: (entry): entry is typeof entry & PersistedBinding =>
    isOf(entry['driver'], DRIVER) && isPassthroughDriver(entry['driver']),
};

/**
 * What is written down of a device that is bound.
 *
 * @param kept what was written down of it before
 * @throws PortalGunError CANNOT_PERSIST where it could not be found again
 */
export function persistedBindingOf(
  device: PciDevice,
  driver: string,
  kept: PersistedBinding | null,
): PersistedBinding {
  const { address, ...traits } = persistedDeviceOf(device, kept);
  return { address, driver, ...traits };
}

/**
 * The record, ordered by address; `null` where there is nothing to keep.
 *
 * @throws PortalGunError CANNOT_PERSIST where it would be too large to be read again
 */
export function serializeBindings(bindings: readonly PersistedBinding[]): string | null {
  return serializeRecord(FORM, bindings);
}

/**
 * Reads the record; `null` is an empty one.
 *
 * @throws PortalGunError BAD_RECORD
 */
export function parseBindings(text: string | null): readonly PersistedBinding[] {
  return parseRecord(FORM, text);
}
