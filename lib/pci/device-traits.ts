import { isUnknown, type Known, knownValue, mapKnown } from '../base/known.ts';
import { EXTENDED_CAPABILITY } from './config/capability-names.ts';
import type { DeviceField, DeviceWith } from './device.ts';
import { type HostMarks, hostMarksOf, isMarked, NO_MARKS } from './host-marks.ts';
import { IDENTITY_FIELDS, identityOf } from './identity.ts';
import { plausibleSerial } from './plausible-serial.ts';

/** A device serial number, and the offset of its capability in the configuration space. */
export interface SerialAt {
  readonly offset: number;
  /** As lspci prints it: `00-11-22-ff-ff-33-44-55`. */
  readonly value: string;
}

/** The traits that find a device again, and distinguish it from others of its kind. */
export interface DeviceTraits extends HostMarks {
  /** The path from the root through the bridges, without bus numbers: `pci0000:00/06.0/00.0`. */
  readonly path: string | null;
  /** `8086:10d3`. */
  readonly id: string | null;
  readonly subsystem: string | null;
  /** The serial number capability; `null` for a device that has none, or only a meaningless number. */
  readonly deviceSerial: Known<SerialAt>;
  /** The serial number in its vital product data. */
  readonly productSerial: string | null;
}

/** The fields that {@link traitsOf} and all searches by traits need. */
export const TRAIT_FIELDS = [
  ...IDENTITY_FIELDS,
  'sriov',
  'driver',
  'lastSeen',
] as const satisfies readonly DeviceField[];
/** One of {@link TRAIT_FIELDS}. */
export type TraitField = (typeof TRAIT_FIELDS)[number];

// Each is requested many times if many devices are searched.
const KNOWN = new WeakMap<DeviceWith<TraitField>, DeviceTraits>();

/** The traits of a device. */
export function traitsOf(device: DeviceWith<TraitField>): DeviceTraits {
  const known = KNOWN.get(device) ?? readTraits(device);
  KNOWN.set(device, known);
  return known;
}

function readTraits(device: DeviceWith<TraitField>): DeviceTraits {
  const { path, id, subsystem } = identityOf(device);
  return {
    path,
    id,
    subsystem,
    deviceSerial: deviceSerialOf(device),
    productSerial: identityOf({ ...device, attachments: null, config: null }).serial,
    ...marksOf(device),
  };
}

/** The marks that its driver shows now; on a VFIO driver, those that were recorded before. */
function marksOf({ attachments, lastSeen }: DeviceWith<'attachments' | 'lastSeen'>): HostMarks {
  const now = hostMarksOf(knownValue(attachments) ?? []);
  const before = knownValue(lastSeen) ?? NO_MARKS;
  return isMarked(now) ? now : before;
}

function deviceSerialOf(device: DeviceWith<'config'>): Known<SerialAt> {
  return mapKnown(device.config, ({ deviceSerialNumber, extendedCapabilities }) => {
    if (isUnknown(deviceSerialNumber)) return deviceSerialNumber;
    // A number that the maker left blank does not count.
    const value = plausibleSerial(deviceSerialNumber ?? undefined);
    const at = (knownValue(extendedCapabilities) ?? []).find(
      (capability) => capability.id === EXTENDED_CAPABILITY.deviceSerialNumber,
    );
    return value === null || at === undefined ? null : { offset: at.offset, value };
  });
}

/** The facts that distinguish kinds of devices. */
export type DeviceKind = Pick<DeviceTraits, 'id' | 'subsystem'>;

/** Whether two devices have the same ids. An unknown or missing subsystem matches any. */
export function areOfOneKind(a: DeviceKind, b: DeviceKind): boolean {
  if (a.id === null || b.id === null) return true;
  return a.id === b.id && (a.subsystem === null || b.subsystem === null || a.subsystem === b.subsystem);
}

/**
 * The other devices of the host that have the same ids and function number. VFs are excluded: they come and go with
 * their PF, which identifies them.
 */
export function twinsOf<Device extends DeviceWith<TraitField>>(
  device: DeviceWith<TraitField>,
  devices: readonly Device[],
): readonly Device[] {
  const kind = traitsOf(device);
  return devices.filter(
    (other) => other.address !== device.address && !isVf(other) && areOfOneKind(kind, traitsOf(other)),
  );
}

/** Whether two devices have the same function number, which stays if a card moves. */
export function haveOneFunctionNumber(a: string, b: string): boolean {
  return a.at(-1) === b.at(-1);
}

/** Whether a function is known to be a VF. */
export function isVf({ sriov }: DeviceWith<'sriov'>): boolean {
  return knownValue(sriov)?.role === 'vf';
}
