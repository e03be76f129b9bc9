import { isUnknown, knownValue } from '../../base/known.ts';
import type { DeviceWith, PciDevice } from '../device.ts';
import {
  areOfOneKind,
  type DeviceTraits,
  haveOneFunctionNumber,
  isVf,
  type TraitField,
  traitsOf,
  twinsOf,
} from '../device-traits.ts';
import { isPassthroughDriver } from '../vfio-state.ts';
import type { PersistedDevice, PersistedTraits } from './persisted-device.ts';

/**
 * The current place of a recorded device.
 *
 * - `here`: at its place, and no fact contradicts it.
 * - `moved`: at another place, identified by a serial number or a MAC.
 * - `replaced`: another device, `device`, is at its place; the device itself was not found.
 * - `missing`: nothing is at its place, and it was not found elsewhere.
 * - `ambiguous`: several devices match it.
 * - `unknown`: `device`, at its place or elsewhere, is of its kind, and its identity cannot be read.
 */
export type DeviceMatch<Device extends DeviceWith<TraitField> = PciDevice> =
  | {
      readonly kind: 'here' | 'moved' | 'replaced' | 'unknown';
      readonly device: Device;
      /** If the device moved, or may have moved: the device at its place now. */
      readonly instead?: Device;
    }
  | { readonly kind: 'missing' | 'ambiguous'; readonly device: null };

const AMBIGUOUS = { kind: 'ambiguous', device: null } as const;

/** Looks for the device of an entry. */
export function findPersisted<Device extends DeviceWith<TraitField>>(
  entry: PersistedDevice,
  devices: readonly Device[],
): DeviceMatch<Device> {
  const likenesses = new Map(devices.map((device) => [device, likenessOf(entry, device, devices)]));
  const atPlace = devices.filter((device) => traitsOf(device).path === entry.path);
  const proven = devices.filter((device) => likenesses.get(device) === 'proven');
  const [sure, second] = proven.length > 1 ? ofSameMac(entry, proven) : proven;
  if (second !== undefined) return AMBIGUOUS;
  const [there] = atPlace;
  if (sure !== undefined) {
    if (atPlace.includes(sure)) return { kind: 'here', device: sure };
    return { kind: 'moved', device: sure, ...(there === undefined ? {} : { instead: there }) };
  }
  // VFs of a PF that needs several buses can share an address without the bus number.
  if (atPlace.length > 1) return AMBIGUOUS;
  switch (there === undefined ? 'other' : likenesses.get(there)) {
    case 'likely':
      return { kind: 'here', device: there as Device };
    case 'unknown':
      return { kind: 'unknown', device: there as Device };
    case 'ambiguous':
      return AMBIGUOUS;
  }
  const hidden = hiddenOf(entry, devices, likenesses);
  if (hidden !== undefined) {
    return { kind: 'unknown', device: hidden, ...(there === undefined ? {} : { instead: there }) };
  }
  return there === undefined ? { kind: 'missing', device: null } : { kind: 'replaced', device: there };
}

/**
 * A device of its kind elsewhere that may be the same, because none of its marks is shown: on a VFIO driver, or without a
 * driver. A device that is known only by its place is not searched elsewhere.
 */
function hiddenOf<Device extends DeviceWith<TraitField>>(
  entry: PersistedDevice,
  devices: readonly Device[],
  likenesses: ReadonlyMap<Device, Likeness>,
): Device | undefined {
  if (!hasMarks(entry.vf?.pf ?? entry)) return undefined;
  const candidates = devices.filter((device) =>
    ['likely', 'unknown'].includes(likenesses.get(device) ?? 'other'),
  );
  return candidates.find(({ driver }) => isPassthroughDriver(knownValue(driver) ?? '')) ?? candidates[0];
}

/** If several have its serial number, because some makers use one several times. */
function ofSameMac<Device extends DeviceWith<TraitField>>(
  { mac }: PersistedDevice,
  devices: readonly Device[],
): readonly Device[] {
  const same = devices.filter((device) => mac !== null && traitsOf(device).mac === mac);
  return same.length === 1 ? same : devices;
}

/**
 * Whether a device is that of an entry, at any place: `proven` by a unique mark, `likely` if no fact contradicts it,
 * `unknown` if the marks cannot be read, `ambiguous` if it was the only one of its kind and no longer is.
 */
type Likeness = 'proven' | 'likely' | 'unknown' | 'ambiguous' | 'other';

function likenessOf(
  entry: PersistedDevice,
  device: DeviceWith<TraitField>,
  devices: readonly DeviceWith<TraitField>[],
): Likeness {
  if (entry.vf === undefined) {
    if (!haveOneFunctionNumber(device.address, entry.path)) return 'other';
    // A VF that an earlier version recorded without a PF has no `only`.
    return isVf(device) && entry.only !== undefined ? 'other' : likenessBy(entry, device, devices);
  }
  const role = knownValue(device.sriov);
  if (!areOfOneKind(entry, traitsOf(device))) return 'other';
  if (role === undefined) return 'unknown';
  if (role?.role !== 'vf' || knownValue(role.index) !== entry.vf.index) return 'other';
  const pf = devices.find(({ address }) => address === role.physicalFunction);
  if (pf === undefined) return 'unknown';
  const likeness = haveOneFunctionNumber(pf.address, entry.vf.pf.path)
    ? likenessBy(entry.vf.pf, pf, devices)
    : 'other';
  if (likeness !== 'likely' || traitsOf(pf).path === entry.vf.pf.path) return likeness;
  // If it is known only by its place, the identity of its PF counts.
  return hasMarks(entry.vf.pf) ? 'unknown' : 'other';
}

function likenessBy(
  entry: PersistedTraits,
  device: DeviceWith<TraitField>,
  devices: readonly DeviceWith<TraitField>[],
): Likeness {
  const marks = compareMarks(entry, device);
  if (marks !== 'unseen') return marks;
  const rivals = twinsOf(device, devices).filter(
    (twin) =>
      haveOneFunctionNumber(twin.address, device.address) &&
      ['unseen', 'unknown'].includes(compareMarks(entry, twin)),
  );
  if (rivals.length === 0) return 'likely';
  if (hasMarks(entry)) {
    // A VFIO driver hides the marks, and no device is on such a driver by accident.
    return isPassthroughDriver(knownValue(device.driver) ?? '') ? 'likely' : 'unknown';
  }
  return entry.only === true ? 'ambiguous' : 'likely';
}

function hasMarks({ deviceSerial, productSerial, drive, wwn, guid, mac }: PersistedTraits): boolean {
  const others = [deviceSerial?.value, productSerial, drive, wwn, guid, mac];
  return others.some((mark) => mark !== null && mark !== undefined);
}

/** The recorded marks of a device against the visible ones; `unseen` if none is visible. */
function compareMarks(
  entry: PersistedTraits,
  device: DeviceWith<TraitField>,
): 'proven' | 'other' | 'unknown' | 'unseen' {
  const seen: DeviceTraits = traitsOf(device);
  if (seen.id !== entry.id || !areOfOneKind(entry, seen)) return 'other';
  const told = agreements([
    [entry.deviceSerial?.value, knownValue(seen.deviceSerial)?.value],
    [entry.productSerial, seen.productSerial],
    [entry.drive, seen.drive],
    [entry.wwn, seen.wwn],
  ]);
  // Serial numbers of drives are unique only for each maker and model.
  if (agreements([[entry.model, seen.model]]).includes(false)) return 'other';
  if (told.includes(false)) return 'other';
  // A capability is visible on every driver: a device without it is another one.
  if (entry.deviceSerial !== null && seen.deviceSerial === null) return 'other';
  if (told.length > 0) return 'proven';
  if (entry.deviceSerial !== null && isUnknown(seen.deviceSerial)) return 'unknown';
  // A user may have set another MAC, and so another GUID; the other marks decide.
  const settable = agreements([
    [entry.guid, seen.guid],
    [entry.mac, seen.mac],
  ]);
  if (settable.length === 0) return 'unseen';
  return settable.every((agrees) => agrees) ? 'proven' : settable.includes(true) ? 'unknown' : 'other';
}

type Mark = string | null | undefined;

/** Whether marks agree, for each that is recorded and visible. */
function agreements(marks: readonly (readonly [kept: Mark, now: Mark])[]): readonly boolean[] {
  return marks.flatMap(([kept, now]) => {
    const isTold = kept !== null && kept !== undefined && now !== null && now !== undefined;
    return isTold ? [kept === now] : [];
  });
}

/** Whether two entries are for one device: by a unique mark, otherwise by their place. */
export function areOfOneDevice(a: PersistedDevice, b: PersistedDevice): boolean {
  if (!areOfOneKind(a, b) || a.vf?.index !== b.vf?.index) return false;
  const [one, other] = [a.vf?.pf ?? a, b.vf?.pf ?? b];
  if (!haveOneFunctionNumber(one.path, other.path)) return false;
  const told = agreements([
    [one.deviceSerial?.value, other.deviceSerial?.value],
    [one.productSerial, other.productSerial],
    [one.drive, other.drive],
    [one.wwn, other.wwn],
    [one.guid, other.guid],
    [one.mac, other.mac],
  ]);
  if (told.length > 0) return told.every((agrees) => agrees);
  return a.path === b.path;
}

/** Whether traits are those of a device: by a unique mark, otherwise by its place. */
export function isDeviceOf(traits: PersistedTraits, device: DeviceWith<TraitField>): boolean {
  const marks = compareMarks(traits, device);
  return marks === 'proven' || (marks === 'unseen' && traitsOf(device).path === traits.path);
}

/**
 * Whether traits are certainly not those of a device. A device that is known only by its place is not searched
 * elsewhere.
 */
export function isOther(traits: PersistedTraits, device: DeviceWith<TraitField>): boolean {
  const marks = compareMarks(traits, device);
  if (marks !== 'unseen') return marks === 'other';
  return !hasMarks(traits) && traitsOf(device).path !== traits.path;
}

/**
 * The devices that may be those of entries at the places of the selected ones, because a device that takes a place
 * may replace another. Marks of the devices need not be read yet.
 */
export function mayBeAtPlacesOf<Device extends DeviceWith<TraitField>>(
  entries: readonly PersistedDevice[],
  chosen: readonly DeviceWith<TraitField>[],
  devices: readonly Device[],
): readonly Device[] {
  const places = new Set(chosen.map((device) => traitsOf(device).path));
  const kinds = entries.filter(({ path }) => places.has(path)).map(({ vf, ...own }) => vf?.pf ?? own);
  return devices.filter((device) => kinds.some((kind) => areOfOneKind(kind, traitsOf(device))));
}

/** The entry of a device; `null` if there is none. */
export function persistedFor<T extends PersistedDevice>(
  device: DeviceWith<never>,
  entries: readonly T[],
  devices: readonly DeviceWith<TraitField>[],
): T | null {
  return (
    entries.find((entry) => {
      const { kind, device: found } = findPersisted(entry, devices);
      return (kind === 'here' || kind === 'moved') && found === device;
    }) ?? null
  );
}
