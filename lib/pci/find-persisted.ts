import { isUnknown, knownValue } from '../base/known.ts';
import type { PciDevice } from './device.ts';
import {
  areOfOneKind,
  type DeviceTraits,
  haveOneFunctionNumber,
  isVf,
  traitsOf,
  twinsOf,
} from './device-traits.ts';
import type { PersistedDevice, PersistedTraits } from './persisted-device.ts';
import { isPassthroughDriver } from './vfio-state.ts';

/**
 * Where a device of which something was written down is now.
 *
 * - `here`: at its place, and nothing speaks against its being the one.
 * - `moved`: at another place, known by a serial number or a MAC.
 * - `replaced`: at its place is another, `device`; it itself was not found.
 * - `missing`: at its place is nothing, and it was not found elsewhere; known by its MAC alone it can't be on a VFIO driver.
 * - `ambiguous`: several devices may be it.
 * - `unknown`: at its place is one of its kind, `device`, of which what would tell it from others can't be read.
 */
export type Whereabouts =
  | {
      readonly kind: 'here' | 'moved' | 'replaced' | 'unknown';
      readonly device: PciDevice;
      /** Of one that moved: what is at its place now. */
      readonly instead?: PciDevice;
    }
  | { readonly kind: 'missing' | 'ambiguous'; readonly device: null };

const AMBIGUOUS: Whereabouts = { kind: 'ambiguous', device: null };

/** Looks for the device of an entry. Needs `TRAIT_FIELDS` of the devices. */
export function findPersisted(entry: PersistedDevice, devices: readonly PciDevice[]): Whereabouts {
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
  if (there === undefined) return { kind: 'missing', device: null };
  switch (likenesses.get(there)) {
    case 'likely':
      return { kind: 'here', device: there };
    case 'unknown':
      return { kind: 'unknown', device: there };
    case 'ambiguous':
      return AMBIGUOUS;
    default:
      return { kind: 'replaced', device: there };
  }
}

/** Where several have its serial number, which not every maker gives once alone. */
function ofSameMac({ mac }: PersistedDevice, devices: readonly PciDevice[]): readonly PciDevice[] {
  const same = devices.filter((device) => mac !== null && traitsOf(device).mac === mac);
  return same.length === 1 ? same : devices;
}

/**
 * Whether a device is the one of an entry, wherever it is: `proven` by what no other has, `likely` where nothing speaks against
 * it, `unknown` where what would tell can't be read, `ambiguous` where it was the only one of its kind and is not any more.
 */
type Likeness = 'proven' | 'likely' | 'unknown' | 'ambiguous' | 'other';

function likenessOf(entry: PersistedDevice, device: PciDevice, devices: readonly PciDevice[]): Likeness {
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
  // Known by its place alone, that of its PF counts.
  return likeness === 'likely' && traitsOf(pf).path !== entry.vf.pf.path ? 'other' : likeness;
}

function likenessBy(entry: PersistedTraits, device: PciDevice, devices: readonly PciDevice[]): Likeness {
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

function hasMarks({ deviceSerial, productSerial, drive, mac }: PersistedTraits): boolean {
  return deviceSerial !== null || productSerial !== null || drive !== undefined || mac !== null;
}

/** What is written down of a device beside what is seen of one; `unseen` where nothing of it is to be seen. */
function compareMarks(entry: PersistedTraits, device: PciDevice): 'proven' | 'other' | 'unknown' | 'unseen' {
  const seen: DeviceTraits = traitsOf(device);
  if (seen.id !== entry.id || !areOfOneKind(entry, seen)) return 'other';
  const serials: readonly (readonly [string | undefined, string | undefined])[] = [
    [entry.deviceSerial?.value, knownValue(seen.deviceSerial)?.value],
    [entry.productSerial ?? undefined, seen.productSerial ?? undefined],
    [entry.drive, seen.drive ?? undefined],
  ];
  const told = serials.filter(([kept, now]) => kept !== undefined && now !== undefined);
  if (told.some(([kept, now]) => kept !== now)) return 'other';
  // A capability is there on every driver: one that has none is another.
  if (entry.deviceSerial !== null && seen.deviceSerial === null) return 'other';
  if (told.length > 0) return 'proven';
  if (entry.deviceSerial !== null && isUnknown(seen.deviceSerial)) return 'unknown';
  // Anybody may have given it another MAC, where it is known by more than that.
  if (entry.mac !== null && seen.mac !== null) return entry.mac === seen.mac ? 'proven' : 'other';
  return 'unseen';
}

/** Whether a device is the one that traits are of, by what no other has, or else by its place. */
export function isDeviceOf(traits: PersistedTraits, device: PciDevice): boolean {
  const marks = compareMarks(traits, device);
  return marks === 'proven' || (marks === 'unseen' && traitsOf(device).path === traits.path);
}

/** Whether a device is surely not the one that traits are of. */
export function isOther(traits: PersistedTraits, device: PciDevice): boolean {
  const marks = compareMarks(traits, device);
  return marks === 'other' || (marks === 'unseen' && traitsOf(device).path !== traits.path);
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
