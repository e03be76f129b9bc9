import * as z from 'zod/mini';
import { PortalGunError } from '../../base/errors.ts';
import { isUnknown, type Known, knownValue } from '../../base/known.ts';
import { isPciAddress, type PciAddress } from '../address.ts';
import type { DeviceWith } from '../device.ts';
import {
  type DeviceTraits,
  haveOneFunctionNumber,
  isVf,
  type SerialAt,
  type TraitField,
  traitsOf,
  twinsOf,
} from '../device-traits.ts';

/** Marks that earlier versions did not record: an entry without one is identified by the others. */
const LATER_MARKS = ['drive', 'model', 'wwn', 'guid'] as const;

// Parts of the record become parts of programs that root runs, so only these forms are accepted.
const text = z.string();
const ids = text.check(z.regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/));
const serialAt = z.object({
  offset: z.int().check(z.minimum(0x100), z.maximum(0xff4)),
  value: text.check(z.regex(/^([0-9a-f]{2}-){7}[0-9a-f]{2}$/)),
});

const traitsForm = z.object({
  path: text.check(z.regex(/^pci[0-9a-f]{4,8}:[0-9a-f]{2}(\/[0-9a-f]{2}\.[0-7]){1,32}$/)),
  id: ids,
  subsystem: z.nullable(ids),
  deviceSerial: z.nullable(serialAt),
  productSerial: z.nullable(text),
  mac: z.nullable(text),
  /** The serial number of its drive. */
  drive: z.exactOptional(text),
  /** The model of that drive. */
  model: z.exactOptional(text),
  /** Its world wide name: of the port, the Thunderbolt host, the GPU. */
  wwn: z.exactOptional(text),
  /** The GUID of its InfiniBand node. */
  guid: z.exactOptional(text),
  /** Whether no other function of the host had its ids. */
  only: z.exactOptional(z.boolean()),
});

const vfForm = z.object({ pf: traitsForm, index: z.int().check(z.minimum(0), z.maximum(0xffff)) });

/** The device in an entry of a record. Unknown keys are from later versions. */
export const persistedDeviceForm = z.extend(traitsForm, {
  /** The address when it was recorded: for users; it is not used for the search. */
  address: z.custom<PciAddress>((value) => typeof value === 'string' && isPciAddress(value)),
  /** For a VF: its PF and index. Only these and the ids identify it. */
  vf: z.exactOptional(vfForm),
});

/** The recorded facts that identify a device. */
export type PersistedTraits = Readonly<z.infer<typeof traitsForm>>;

/** A virtual function, by its PF and its index. */
export type PersistedVf = Readonly<z.infer<typeof vfForm>>;

/** A device with a record for each boot. */
export type PersistedDevice = Readonly<z.infer<typeof persistedDeviceForm>>;

/** Whether a value is a recorded device, each part in its form. */
export function isPersistedDevice(value: unknown): value is PersistedDevice {
  return z.safeParse(persistedDeviceForm, value).success;
}

/**
 * The record of a device, to find it again.
 *
 * @param kept its earlier record: marks that are not visible on its current driver are kept
 * @param devices all devices of the host, to find out which marks are unique
 * @throws PortalGunError CANNOT_PERSIST if it could not be found again
 */
export function persistedDeviceOf(
  device: DeviceWith<TraitField>,
  kept: PersistedDevice | null,
  devices: readonly DeviceWith<TraitField>[] = [],
): PersistedDevice {
  const { path, id, subsystem, deviceSerial, productSerial, mac, ...more } = persistedTraitsOf(
    device,
    kept,
    devices,
  );
  const vf = persistedVfOf(device, kept, devices);
  return {
    ...{ address: device.address, path, id, subsystem, deviceSerial, productSerial, mac },
    ...more,
    ...(vf === null ? {} : { vf }),
  };
}

/**
 * The record of a device in a VM definition: the same, without the marks that count only during the start of a host.
 *
 * @throws PortalGunError CANNOT_PERSIST if it could not be found again
 */
export function keptDeviceOf(
  device: DeviceWith<TraitField>,
  kept: PersistedDevice | null,
  devices: readonly DeviceWith<TraitField>[],
): PersistedDevice {
  const { only: _, vf, ...persisted } = persistedDeviceOf(device, kept, devices);
  if (vf === undefined) return persisted;
  const { only: __, ...pf } = vf.pf;
  // The MAC of a VF is the last one that was set, and does not identify it.
  return { ...persisted, mac: null, vf: { pf, index: vf.index } };
}

function persistedVfOf(
  { sriov }: DeviceWith<'sriov'>,
  kept: PersistedDevice | null,
  devices: readonly DeviceWith<TraitField>[],
): PersistedVf | null {
  const role = knownValue(sriov);
  if (role?.role !== 'vf') return null;
  const index = knownValue(role.index);
  const pf = devices.find(({ address }) => address === role.physicalFunction);
  if (index === undefined || pf === undefined) return kept?.vf ?? null;
  return { pf: persistedTraitsOf(pf, kept?.vf?.pf ?? null, devices), index };
}

function persistedTraitsOf(
  device: DeviceWith<TraitField>,
  kept: PersistedTraits | null,
  devices: readonly DeviceWith<TraitField>[],
): PersistedTraits {
  const traits = traitsOf(device);
  const { path, id, subsystem, deviceSerial, productSerial, mac } = traits;
  if (path === null || id === null || !z.safeParse(traitsForm.shape.path, path).success) {
    throw new PortalGunError(
      'CANNOT_PERSIST',
      'its path and ids are unknown, so it could not be found again',
      {
        subject: device.address,
      },
    );
  }
  const twins = twinsOf(device, devices);
  const others = twins
    .filter(({ address }) => haveOneFunctionNumber(address, device.address))
    .map((twin) => traitsOf(twin));
  // A value that two cards have identifies neither: some makers give all cards of a kind one serial number.
  const own = <T>(value: T | null, of: (other: DeviceTraits) => T | null): T | null =>
    value !== null && others.some((other) => of(other) === value) ? null : value;
  const serial = isUnknown(deviceSerial) ? (kept?.deviceSerial ?? null) : deviceSerial;
  const later = LATER_MARKS.flatMap((key) => {
    const value = traits[key] ?? kept?.[key] ?? null;
    // All devices of a kind have the same model.
    const mark = key === 'model' ? value : own(value, (other) => other[key]);
    return mark === null ? [] : [[key, mark] as const];
  });
  const isListed = devices.some(({ address }) => address === device.address);
  return {
    ...{ path, id, subsystem },
    deviceSerial:
      own(serial?.value ?? null, (other) => knownSerial(other.deviceSerial)) === null ? null : serial,
    productSerial: own(productSerial ?? kept?.productSerial ?? null, (other) => other.productSerial),
    mac: own(mac ?? kept?.mac ?? null, (other) => other.mac),
    ...Object.fromEntries(later),
    ...(isListed && !isVf(device) ? { only: twins.length === 0 } : {}),
  };
}

function knownSerial(serial: Known<SerialAt>): string | null {
  return knownValue(serial)?.value ?? null;
}
