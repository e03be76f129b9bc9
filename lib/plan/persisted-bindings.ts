import { PortalGunError } from '../base/errors.ts';
import { isUnknown, type Known, knownValue, mapKnown } from '../base/known.ts';
import { isPciAddress, type PciAddress } from '../pci/address.ts';
import { EXTENDED_CAPABILITY } from '../pci/capability-names.ts';
import type { DeviceField, PciDevice } from '../pci/device.ts';
import { identityOf } from '../pci/identity.ts';
import { isPassthroughDriver } from '../pci/iommu-group.ts';

/** Where it is written down which devices are given to VMs from each boot on. */
export const BINDINGS_PATH = '/etc/portal-gun/bindings.json';

const SCHEMA = 'portal-gun/bindings/v1';

/** What is read at once, of this file as of an attribute. */
const MAX_LENGTH = 64 * 1024;

/** A device serial number, and where its capability starts in the configuration space. */
export interface SerialAt {
  readonly offset: number;
  /** As lspci prints it: `00-11-22-ff-ff-33-44-55`. */
  readonly value: string;
}

/** What finds a device again, and tells it from others of its kind, whatever driver it is on. */
export interface BindingTraits {
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

/** A device that is given to VMs from each boot on. */
export interface PersistedBinding extends BindingTraits {
  /** Where it was when that was written down: a name for people, by which nothing is found. */
  readonly address: PciAddress;
  readonly driver: string;
  readonly path: string;
  readonly id: string;
  readonly deviceSerial: SerialAt | null;
}

/** The fields that {@link traitsOf} needs. */
export const TRAIT_FIELDS: readonly DeviceField[] = [
  'location',
  'vendor',
  'device',
  'subsystem',
  'config',
  'vpd',
  'attachments',
];

/** What a device can be found again by. Needs {@link TRAIT_FIELDS}. */
export function traitsOf(device: PciDevice): BindingTraits {
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
 * What is written down of a device.
 *
 * @param kept what was written down of it before: what can't be seen on its driver of now stays known by it
 * @throws PortalGunError CANNOT_PERSIST where it could not be found again
 */
export function persistedBindingOf(
  device: PciDevice,
  driver: string,
  kept: PersistedBinding | null,
): PersistedBinding {
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
    driver,
    path,
    id,
    subsystem,
    deviceSerial: isUnknown(deviceSerial) ? (kept?.deviceSerial ?? null) : deviceSerial,
    productSerial: productSerial ?? kept?.productSerial ?? null,
    mac: mac ?? kept?.mac ?? null,
  };
}

/**
 * The record, ordered by address; `null` where there is nothing to keep.
 *
 * @throws PortalGunError CANNOT_PERSIST where it would be too large to be read again
 */
export function serializeBindings(bindings: readonly PersistedBinding[]): string | null {
  if (bindings.length === 0) return null;
  const devices = [...bindings].sort((a, b) => (a.address < b.address ? -1 : 1));
  const text = `${JSON.stringify({ schema: SCHEMA, devices }, null, 2)}\n`;
  if (text.length <= MAX_LENGTH) return text;
  throw new PortalGunError('CANNOT_PERSIST', `${devices.length} devices are more than can be kept`);
}

/**
 * Reads the record; `null` is an empty one.
 *
 * @throws PortalGunError BAD_RECORD
 */
export function parseBindings(text: string | null): readonly PersistedBinding[] {
  if (text === null) return [];
  const { schema, devices } = parseObject(text);
  if (schema !== SCHEMA || !Array.isArray(devices)) throw damaged(`it is none of ${SCHEMA}`);
  return devices.map((entry: unknown, index) => {
    if (!isBinding(entry)) throw damaged(`entry ${index + 1} makes no sense`);
    return entry;
  });
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw damaged('it is no JSON object');
}

function damaged(detail: string): PortalGunError {
  return new PortalGunError('BAD_RECORD', detail, { subject: BINDINGS_PATH });
}

// Parts of it become parts of programs that root runs: nothing is taken that is not of these forms.
const PATH = /^pci[0-9a-f]{4,8}:[0-9a-f]{2}(\/[0-9a-f]{2}\.[0-7]){1,32}$/;
const IDS = /^[0-9a-f]{4}:[0-9a-f]{4}$/;
const SERIAL = /^([0-9a-f]{2}-){7}[0-9a-f]{2}$/;
const DRIVER = /^[\w-]{1,64}$/;

function isBinding(value: unknown): value is PersistedBinding {
  if (typeof value !== 'object' || value === null) return false;
  const { address, driver, path, id, subsystem, deviceSerial, productSerial, mac } = value as Record<
    string,
    unknown
  >;
  return (
    isOf(address, { test: isPciAddress }) &&
    isOf(driver, DRIVER) &&
    isPassthroughDriver(driver) &&
    isOf(path, PATH) &&
    isOf(id, IDS) &&
    (subsystem === null || isOf(subsystem, IDS)) &&
    (deviceSerial === null || isSerialAt(deviceSerial)) &&
    [productSerial, mac].every((each) => each === null || typeof each === 'string')
  );
}

function isOf(value: unknown, form: { test(text: string): boolean }): value is string {
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
