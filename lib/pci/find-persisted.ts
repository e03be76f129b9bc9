import { isUnknown } from '../base/known.ts';
import { slotAndFunctionOf } from './address.ts';
import type { PciDevice } from './device.ts';
import { type PersistedDevice, traitsOf } from './persisted-device.ts';

/**
 * Where a device of which something was written down is now.
 *
 * - `here`: at its place, and nothing speaks against its being the one.
 * - `moved`: at another place, known by a serial number or a MAC.
 * - `replaced`: at its place is another, `device`; it itself was not found.
 * - `missing`: at its place is nothing, and it was not found elsewhere; known by its MAC alone it can't be on a VFIO driver.
 * - `ambiguous`: several devices may be it.
 * - `unknown`: at its place is one of its kind, `device`, whose serial number can't be read.
 */
export type Whereabouts =
  | { readonly kind: 'here' | 'moved' | 'replaced' | 'unknown'; readonly device: PciDevice }
  | { readonly kind: 'missing' | 'ambiguous'; readonly device: null };

/** Looks for the device of an entry. Needs `IDENTITY_FIELDS` of the devices. */
export function findPersisted(entry: PersistedDevice, devices: readonly PciDevice[]): Whereabouts {
  const candidates = devices.map((device) => ({ device, path: traitsOf(device).path }));
  const atPlace = candidates.filter(({ path }) => path === entry.path).map(({ device }) => device);
  // VFs of a PF that needs several buses can share what is left of an address without its bus.
  if (atPlace.length > 1) return { kind: 'ambiguous', device: null };
  const [there] = atPlace;
  const likeness = there === undefined ? 'other' : likenessOf(entry, there);
  if (there !== undefined && (likeness === 'proven' || likeness === 'likely')) {
    return { kind: 'here', device: there };
  }
  const elsewhere = devices.filter((device) => isMoved(entry, device));
  const [moved] = elsewhere;
  if (elsewhere.length > 1) return { kind: 'ambiguous', device: null };
  if (moved !== undefined) return { kind: 'moved', device: moved };
  if (there === undefined) return { kind: 'missing', device: null };
  return { kind: likeness === 'unknown' ? 'unknown' : 'replaced', device: there };
}

function isMoved(entry: PersistedDevice, device: PciDevice): boolean {
  // The functions of a card may share a serial number; their own number tells them apart.
  const ofSameNumber = slotAndFunctionOf(device.address).at(-1) === entry.path.at(-1);
  return ofSameNumber && likenessOf(entry, device) === 'proven';
}

/**
 * Whether a device is the one of an entry, wherever it is: `proven` by what no other has, `likely` where nothing speaks
 * against it, `unknown` where what would tell can't be read.
 */
function likenessOf(entry: PersistedDevice, device: PciDevice): 'proven' | 'likely' | 'unknown' | 'other' {
  const { id, subsystem, deviceSerial, productSerial, mac } = traitsOf(device);
  if (id !== entry.id || differ(subsystem, entry.subsystem)) return 'other';
  if (entry.deviceSerial !== null) {
    if (isUnknown(deviceSerial)) return 'unknown';
    return deviceSerial?.value === entry.deviceSerial.value ? 'proven' : 'other';
  }
  if (differ(productSerial, entry.productSerial)) return 'other';
  if (productSerial !== null && entry.productSerial !== null) return 'proven';
  if (differ(mac, entry.mac)) return 'other';
  return mac !== null && entry.mac !== null ? 'proven' : 'likely';
}

function differ(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b;
}

/** The entry that is of a device; `null` where none is. */
export function persistedFor<T extends PersistedDevice>(
  device: PciDevice,
  entries: readonly T[],
  devices: readonly PciDevice[],
): T | null {
  return (
    entries.find((entry) => {
      const { kind, device: found } = findPersisted(entry, devices);
      return (kind === 'here' || kind === 'moved') && found === device;
    }) ?? null
  );
}
