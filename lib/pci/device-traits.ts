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

/** What finds a device again, and tells it from others of its kind. */
export interface DeviceTraits extends HostMarks {
  /** From the root through the bridges, without bus numbers: `pci0000:00/06.0/00.0`. */
  readonly path: string | null;
  /** `8086:10d3`. */
  readonly id: string | null;
  readonly subsystem: string | null;
  /** The capability of that name; `null` for a device that has none, or one without meaning. */
  readonly deviceSerial: Known<SerialAt>;
  /** The serial number among its product data. */
  readonly productSerial: string | null;
}

/** The fields that {@link traitsOf}, and whatever looks for a device by its traits, needs. */
export const TRAIT_FIELDS = [
  ...IDENTITY_FIELDS,
  'sriov',
  'driver',
  'lastSeen',
] as const satisfies readonly DeviceField[];
/** One of {@link TRAIT_FIELDS}. */
export type TraitField = (typeof TRAIT_FIELDS)[number];

// Each is asked for again and again where many devices are looked for among many.
const KNOWN = new WeakMap<DeviceWith<TraitField>, DeviceTraits>();

/** What a device can be found again by. */
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

/** What its driver shows now; on a VFIO driver what was seen before that took it. */
function marksOf({ attachments, lastSeen }: DeviceWith<'attachments' | 'lastSeen'>): HostMarks {
  const now = hostMarksOf(knownValue(attachments) ?? []);
  const before = knownValue(lastSeen) ?? NO_MARKS;
  return isMarked(now) ? now : before;
}

function deviceSerialOf(device: DeviceWith<'config'>): Known<SerialAt> {
  return mapKnown(device.config, ({ deviceSerialNumber, extendedCapabilities }) => {
    if (isUnknown(deviceSerialNumber)) return deviceSerialNumber;
    // Not one that its maker left at nothing.
    const value = plausibleSerial(deviceSerialNumber ?? undefined);
    const at = (knownValue(extendedCapabilities) ?? []).find(
      (capability) => capability.id === EXTENDED_CAPABILITY.deviceSerialNumber,
    );
    return value === null || at === undefined ? null : { offset: at.offset, value };
  });
}

/** By what one kind of device is told from another. */
export type DeviceKind = Pick<DeviceTraits, 'id' | 'subsystem'>;

/** Whether ids do not tell two devices apart. A subsystem that is not known, or not there, tells nothing. */
export function areOfOneKind(a: DeviceKind, b: DeviceKind): boolean {
  if (a.id === null || b.id === null) return true;
  return a.id === b.id && (a.subsystem === null || b.subsystem === null || a.subsystem === b.subsystem);
}

/**
 * The other devices of the host that ids and the number of the function do not tell from one. Virtual functions come and go with
 * their PF, and are told by it: they are none of them.
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

/** Whether the number of their functions, which stays wherever a card is, does not tell two devices apart. */
export function haveOneFunctionNumber(a: string, b: string): boolean {
  return a.at(-1) === b.at(-1);
}

/** Whether a function is known to be a virtual one. */
export function isVf({ sriov }: DeviceWith<'sriov'>): boolean {
  return knownValue(sriov)?.role === 'vf';
}
