import { knownValue } from '../base/known.ts';
import type { DeviceField, DeviceWith } from './device.ts';
import { topologyPath } from './location.ts';
import { plausibleSerial } from './plausible-serial.ts';

/**
 * The facts that identify a device after its address changed. Addresses change if a card is added or firmware is
 * updated; these facts do not, or not all together. Every part may be missing.
 */
export interface DeviceIdentity {
  /** From the root through the bridges by slot and function, without bus numbers: `pci0000:00/01.0/00.0`. */
  readonly path: string | null;
  /** `8086:10c9`. */
  readonly id: string | null;
  readonly subsystem: string | null;
  /** The serial number of the device: product data (VPD), NVMe, or the capability. */
  readonly serial: string | null;
  /** The MAC of its network interface, if it has only one. */
  readonly mac: string | null;
  readonly slotLabel: string | null;
}

/** The fields that {@link identityOf} needs. */
export const IDENTITY_FIELDS = [
  'location',
  'vendor',
  'device',
  'subsystem',
  'config',
  'vpd',
  'attachments',
  'slotLabel',
] as const satisfies readonly DeviceField[];
/** One of {@link IDENTITY_FIELDS}. */
export type IdentityField = (typeof IDENTITY_FIELDS)[number];

/** The ids of a device and of its subsystem: `8086:10c9`; `null` for ids that are absent or unknown. */
export function kindOf({
  vendor,
  device,
  subsystem,
}: DeviceWith<'vendor' | 'device' | 'subsystem'>): Pick<DeviceIdentity, 'id' | 'subsystem'> {
  const sub = knownValue(subsystem);
  return {
    id: idOf({ vendor, device }),
    subsystem: sub === undefined ? null : `${sub.vendorId}:${sub.deviceId}`,
  };
}

/** The ids of a device: `8086:10c9`; `null` if they are unknown. */
export function idOf({
  vendor,
  device,
}: Pick<DeviceWith<'vendor' | 'device'>, 'vendor' | 'device'>): string | null {
  const [vendorId, deviceId] = [knownValue(vendor)?.id, knownValue(device)?.id];
  return vendorId === undefined || deviceId === undefined ? null : `${vendorId}:${deviceId}`;
}

/** The identity of a device. */
export function identityOf(device: DeviceWith<IdentityField>): DeviceIdentity {
  const location = knownValue(device.location);
  const things = knownValue(device.attachments) ?? [];
  const macs = things.map((thing) => knownValue(thing.mac)).filter((mac) => mac !== undefined);
  const drives = things.map((thing) => knownValue(thing.serial)).filter((serial) => serial !== undefined);
  return {
    path: location === undefined ? null : topologyPath(location, device.address),
    ...kindOf(device),
    serial:
      plausibleSerial(knownValue(knownValue(device.vpd)?.serial ?? null)) ??
      plausibleSerial(drives[0]) ??
      plausibleSerial(knownValue(knownValue(device.config)?.deviceSerialNumber ?? null)),
    mac: macs.length === 1 && macs[0] !== '00:00:00:00:00:00' ? (macs[0] ?? null) : null,
    slotLabel: knownValue(device.slotLabel) ?? null,
  };
}

/**
 * The certainty that two identities belong to one device: 20 for equal ids, more for all other equal facts. 0 if the
 * ids differ, or if both have a serial number, or a MAC, and the two differ.
 */
export function identityScore(a: DeviceIdentity, b: DeviceIdentity): number {
  if (a.id === null || a.id !== b.id) return 0;
  if (a.subsystem !== null && b.subsystem !== null && a.subsystem !== b.subsystem) return 0;
  if (differ(a.serial, b.serial) || differ(a.mac, b.mac)) return 0;
  let score = 20;
  if (a.serial !== null && a.serial === b.serial) score += 45;
  if (a.mac !== null && a.mac === b.mac) score += 45;
  if (a.path !== null && a.path === b.path) score += 40;
  if (a.slotLabel !== null && a.slotLabel === b.slotLabel) score += 40;
  // The functions of one card share a serial number and a slot, and differ in their function numbers.
  if (a.path !== null && b.path !== null && a.path.slice(-1) === b.path.slice(-1)) score += 5;
  return score;
}

/**
 * The facts shared by two identities of one device that distinguish it from others of its kind: the serial number and
 * the MAC, or its place if both are unknown.
 */
export function sharedIdentity(a: DeviceIdentity, b: DeviceIdentity): Partial<DeviceIdentity> {
  const shared = (...parts: readonly (keyof DeviceIdentity)[]): Partial<DeviceIdentity> =>
    Object.fromEntries(
      parts.filter((part) => a[part] !== null && a[part] === b[part]).map((part) => [part, a[part]]),
    );
  const own = shared('serial', 'mac');
  return Object.keys(own).length > 0 ? own : shared('slotLabel', 'path');
}

/** The minimum score at which two identities count as one device. */
export const SAME_DEVICE = 60;

function differ(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b;
}
