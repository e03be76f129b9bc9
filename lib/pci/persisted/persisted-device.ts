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

/** Marks that earlier versions did not write down: an entry without one is known by the others. */
const LATER_MARKS = ['drive', 'model', 'wwn', 'guid'] as const;

// Parts of it become parts of programs that root runs: nothing is taken that is not of these forms.
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
  /** The serial number of the drive that it is. */
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

/** What an entry of a record has of its device. Keys that are not here are of later versions. */
export const persistedDeviceForm = z.extend(traitsForm, {
  /** Where it was when that was written down: a name for people, by which nothing is found. */
  address: z.custom<PciAddress>((value) => typeof value === 'string' && isPciAddress(value)),
  /** Of a virtual function: whose, and which. It is known by that, and by its ids, and by nothing else. */
  vf: z.exactOptional(vfForm),
});

/** The recorded facts that identify a device. */
export type PersistedTraits = Readonly<z.infer<typeof traitsForm>>;

/** A virtual function, by its PF and its index. */
export type PersistedVf = Readonly<z.infer<typeof vfForm>>;

/** A device with a record for each boot. */
export type PersistedDevice = Readonly<z.infer<typeof persistedDeviceForm>>;

/** Whether a value tells of a device, each part in its form. */
export function isPersistedDevice(value: unknown): value is PersistedDevice {
  return z.safeParse(persistedDeviceForm, value).success;
}

/**
 * What is written down of a device, to find it again.
 *
 * @param kept what was written down of it before: what can't be seen on its driver of now stays known by it
 * @param devices all of the host: they tell what is of one device alone
 * @throws PortalGunError CANNOT_PERSIST where it could not be found again
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
 * What is kept of a device with what a machine is given: the same, but for what only counts while a host starts.
 *
 * @throws PortalGunError CANNOT_PERSIST where it could not be found again
 */
export function keptDeviceOf(
  device: DeviceWith<TraitField>,
  kept: PersistedDevice | null,
  devices: readonly DeviceWith<TraitField>[],
): PersistedDevice {
  const { only: _, vf, ...persisted } = persistedDeviceOf(device, kept, devices);
  if (vf === undefined) return persisted;
  const { only: __, ...pf } = vf.pf;
  // The MAC of a VF is what it was set to last, and no mark of it.
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
      'its place and ids are not known: it could not be found again',
      {
        subject: device.address,
      },
    );
  }
  const twins = twinsOf(device, devices);
  const others = twins
    .filter(({ address }) => haveOneFunctionNumber(address, device.address))
    .map((twin) => traitsOf(twin));
  // What two cards say tells neither: some makers give all of a kind one serial number.
  const own = <T>(value: T | null, of: (other: DeviceTraits) => T | null): T | null =>
    value !== null && others.some((other) => of(other) === value) ? null : value;
  const serial = isUnknown(deviceSerial) ? (kept?.deviceSerial ?? null) : deviceSerial;
  const later = LATER_MARKS.flatMap((key) => {
    const value = traits[key] ?? kept?.[key] ?? null;
    // A model is of all of its kind.
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
