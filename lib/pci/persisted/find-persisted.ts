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
 * Where a device of which something was written down is now.
 *
 * - `here`: at its place, and nothing speaks against its being the one.
 * - `moved`: at another place, known by a serial number or a MAC.
 * - `replaced`: at its place is another, `device`; it itself was not found.
 * - `missing`: at its place is nothing, and it was not found elsewhere.
 * - `ambiguous`: several devices may be it.
 * - `unknown`: `device`, at its place or elsewhere, is one of its kind, and what would tell it from others can't be read.
 */
export type DeviceMatch<Device extends DeviceWith<TraitField> = PciDevice> =
  | {
      readonly kind: 'here' | 'moved' | 'replaced' | 'unknown';
      readonly device: Device;
      /** Of one that moved, or may have: what is at its place now. */
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
  // VFs of a PF that needs several buses can share what is left of an address without its bus.
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
 * One of its kind elsewhere that may be it, of all that would tell nothing being shown: on a VFIO driver, or on none. What is known
 * by its place only is not looked for elsewhere.
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

/** Where several have its serial number, which not every maker gives once alone. */
function ofSameMac<Device extends DeviceWith<TraitField>>(
  { mac }: PersistedDevice,
  devices: readonly Device[],
): readonly Device[] {
  const same = devices.filter((device) => mac !== null && traitsOf(device).mac === mac);
  return same.length === 1 ? same : devices;
}

/**
 * Whether a device is the one of an entry, wherever it is: `proven` by what no other has, `likely` where nothing speaks against
 * it, `unknown` where what would tell can't be read, `ambiguous` where it was the only one of its kind and is not any more.
 */
type Likeness = 'proven' | 'likely' | 'unknown' | 'ambiguous' | 'other';

function likenessOf(
  entry: PersistedDevice,
  device: DeviceWith<TraitField>,
  devices: readonly DeviceWith<TraitField>[],
): Likeness {
  if (entry.vf === undefined) {
    if (!haveOneFunctionNumber(device.address, entry.path)) return 'other';
    // A VF of which an earlier version wrote down no PF has no `only`.
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
  // Known by its place alone, that of its PF counts.
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
    // A driver that hands devices to VMs hides them, and nobody is on it by chance.
    return isPassthroughDriver(knownValue(device.driver) ?? '') ? 'likely' : 'unknown';
  }
  return entry.only === true ? 'ambiguous' : 'likely';
}

function hasMarks({ deviceSerial, productSerial, drive, wwn, guid, mac }: PersistedTraits): boolean {
  const others = [deviceSerial?.value, productSerial, drive, wwn, guid, mac];
  return others.some((mark) => mark !== null && mark !== undefined);
}

/** What is written down of a device beside what is seen of one; `unseen` where nothing of it is to be seen. */
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
  // Serial numbers of drives are given out by each maker, and for each model.
  if (agreements([[entry.model, seen.model]]).includes(false)) return 'other';
  if (told.includes(false)) return 'other';
  // A capability is there on every driver: one that has none is another.
  if (entry.deviceSerial !== null && seen.deviceSerial === null) return 'other';
  if (told.length > 0) return 'proven';
  if (entry.deviceSerial !== null && isUnknown(seen.deviceSerial)) return 'unknown';
  // Anybody may have given it another MAC, and with it another GUID, if it is known by more than that.
  const settable = agreements([
    [entry.guid, seen.guid],
    [entry.mac, seen.mac],
  ]);
  if (settable.length === 0) return 'unseen';
  return settable.every((agrees) => agrees) ? 'proven' : settable.includes(true) ? 'unknown' : 'other';
}

type Mark = string | null | undefined;

/** Whether marks agree: of each that was written down and is seen. */
function agreements(marks: readonly (readonly [kept: Mark, now: Mark])[]): readonly boolean[] {
  return marks.flatMap(([kept, now]) => {
    const isTold = kept !== null && kept !== undefined && now !== null && now !== undefined;
    return isTold ? [kept === now] : [];
  });
}

/** Whether two entries are of one device: by what no other has, or else by their place. */
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

/** Whether a device is the one that traits are of, by what no other has, or else by its place. */
export function isDeviceOf(traits: PersistedTraits, device: DeviceWith<TraitField>): boolean {
  const marks = compareMarks(traits, device);
  return marks === 'proven' || (marks === 'unseen' && traitsOf(device).path === traits.path);
}

/** Whether a device is surely not the one that traits are of. What is known by its place only is not looked for elsewhere. */
export function isOther(traits: PersistedTraits, device: DeviceWith<TraitField>): boolean {
  const marks = compareMarks(traits, device);
  if (marks !== 'unseen') return marks === 'other';
  return !hasMarks(traits) && traitsOf(device).path !== traits.path;
}

/**
 * The devices that may be those of entries at the places of chosen ones: what gets a place may drive out another. What
 * a device gives itself need not be read yet.
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

/** The entry that is of a device; `null` where none is. */
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
