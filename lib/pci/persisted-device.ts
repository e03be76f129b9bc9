import { PortalGunError } from '../base/errors.ts';
import { isUnknown, type Known, knownValue, mapKnown } from '../base/known.ts';
import { isPciAddress, type PciAddress } from './address.ts';
import { EXTENDED_CAPABILITY } from './capability-names.ts';
import type { PciDevice } from './device.ts';
import { identityOf } from './identity.ts';

/** A device serial number, and where its capability starts in the configuration space. */
export interface SerialAt {
  readonly offset: number;
  /** As lspci prints it: `00-11-22-ff-ff-33-44-55`. */
  readonly value: string;
}

/** What finds a device again, and tells it from others of its kind, whatever driver it is on. */
interface DeviceTraits {
  /** From the root through the bridges, without bus numbers: `pci0000:00/06.0/00.0`. */
  readonly path: string | null;
  /** `8086:10d3`. */
  readonly id: string | null;
  readonly subsystem: string | null;
  /** The capability of that name; `null` for a device that has none, or one without meaning. */
  readonly deviceSerial: Known<SerialAt>;
  /** The serial number among its product data. */
  readonly productSerial: string | null;
  /** Only known on a driver of the host. */
  readonly mac: string | null;
}

/** A device of which something is written down for each boot. */
export interface PersistedDevice extends DeviceTraits {
  /** Where it was when that was written down: a name for people, by which nothing is found. */
  readonly address: PciAddress;
  readonly path: string;
  readonly id: string;
  readonly deviceSerial: SerialAt | null;
}

/** What a device can be found again by. Needs `IDENTITY_FIELDS`. */
export function traitsOf(device: PciDevice): DeviceTraits {
  const { path, id, subsystem, mac } = identityOf(device);
  return {
    path,
    id,
    subsystem,
    deviceSerial: deviceSerialOf(device),
    productSerial: identityOf({ ...device, attachments: null, config: null }).serial,
    mac,
  };
}

function deviceSerialOf(device: PciDevice): Known<SerialAt> {
  return mapKnown(device.config, ({ deviceSerialNumber, extendedCapabilities }) => {
    if (isUnknown(deviceSerialNumber)) return deviceSerialNumber;
    // Not one that its maker left at nothing.
    const value = identityOf({ ...device, attachments: null, vpd: null }).serial;
    const at = (knownValue(extendedCapabilities) ?? []).find(
      (capability) => capability.id === EXTENDED_CAPABILITY.deviceSerialNumber,
    );
    return value === null || at === undefined ? null : { offset: at.offset, value };
  });
}

/**
 * What is written down of a device, to find it again.
 *
 * @param kept what was written down of it before: what can't be seen on its driver of now stays known by it
 * @throws PortalGunError CANNOT_PERSIST where it could not be found again
 */
export function persistedDeviceOf(device: PciDevice, kept: PersistedDevice | null): PersistedDevice {
  const { path, id, subsystem, deviceSerial, productSerial, mac } = traitsOf(device);
  if (path === null || id === null || !PATH.test(path)) {
    throw new PortalGunError(
      'CANNOT_PERSIST',
      'its place and ids are not known: it could not be found again',
      {
        subject: device.address,
      },
    );
  }
  return {
    address: device.address,
    path,
    id,
    subsystem,
    deviceSerial: isUnknown(deviceSerial) ? (kept?.deviceSerial ?? null) : deviceSerial,
    productSerial: productSerial ?? kept?.productSerial ?? null,
    mac: mac ?? kept?.mac ?? null,
  };
}

// Parts of it become parts of programs that root runs: nothing is taken that is not of these forms.
const PATH = /^pci[0-9a-f]{4,8}:[0-9a-f]{2}(\/[0-9a-f]{2}\.[0-7]){1,32}$/;
const IDS = /^[0-9a-f]{4}:[0-9a-f]{4}$/;
const SERIAL = /^([0-9a-f]{2}-){7}[0-9a-f]{2}$/;

/** Whether an entry of a record tells of a device, each part in its form. */
export function isPersistedDevice(entry: Readonly<Record<string, unknown>>): boolean {
  const { address, path, id, subsystem, deviceSerial, productSerial, mac } = entry;
  return (
    isOf(address, { test: isPciAddress }) &&
    isOf(path, PATH) &&
    isOf(id, IDS) &&
    (subsystem === null || isOf(subsystem, IDS)) &&
    (deviceSerial === null || isSerialAt(deviceSerial)) &&
    [productSerial, mac].every((each) => each === null || typeof each === 'string')
  );
}

/** Whether a value is text of a form. */
export function isOf(value: unknown, form: { test(text: string): boolean }): value is string {
  return typeof value === 'string' && form.test(value);
}

function isSerialAt(value: unknown): value is SerialAt {
  if (typeof value !== 'object' || value === null) return false;
  const { offset, value: serial } = value as Record<string, unknown>;
  return (
    typeof offset === 'number' &&
    Number.isInteger(offset) &&
    offset >= 0x100 &&
    offset <= 0xff4 &&
    isOf(serial, SERIAL)
  );
}
