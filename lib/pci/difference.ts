import { isUnknown, type Known, knownValue, mapKnown } from '../base/known.ts';
import { comparePciAddresses, type PciAddress } from './address.ts';
import type { AcsCapability } from './config/capabilities.ts';
import type { DeviceField, PciDevice } from './device.ts';
import { type DeviceIdentity, identityOf, identityScore, SAME_DEVICE } from './identity.ts';
import type { Inventory } from './inventory.ts';

/** A fact as it is compared; `null` for absent. */
type FactValue = string | number | boolean | readonly string[] | null;

/** One fact of a device that changed. */
export interface FactChange {
  readonly fact: string;
  readonly before: FactValue;
  readonly after: FactValue;
}

/**
 * The difference of a device between two inventories. A device that `moved` is known again by its identity at another
 * address; it may have changed as well.
 */
export type DeviceDifference =
  | { readonly kind: 'came'; readonly after: PciDevice }
  | { readonly kind: 'gone'; readonly before: PciDevice }
  | {
      readonly kind: 'moved' | 'changed';
      readonly before: PciDevice;
      readonly after: PciDevice;
      readonly changes: readonly FactChange[];
    };

interface Pair {
  readonly before: PciDevice;
  readonly after: PciDevice;
}

/** What is compared of a device, and as what: the parts that mean something across a reboot. */
const FACTS: readonly (readonly [name: string, take: (device: PciDevice) => Known<FactValue>])[] = [
  ['class', ({ class: deviceClass }) => mapKnown(deviceClass, ({ code }) => code)],
  ['revision', ({ revision }) => revision],
  ['driver', ({ driver }) => driver],
  ['driverOverride', ({ driverOverride }) => driverOverride],
  ['numaNode', ({ numaNode }) => numaNode],
  [
    'bars',
    ({ bars }) =>
      mapKnown(bars, (all) => all.map(({ index, kind, sizeBytes }) => `${index} ${kind} ${sizeBytes}`)),
  ],
  ['rom', ({ rom }) => mapKnown(rom, ({ sizeBytes }) => sizeBytes)],
  ['resetMethods', ({ resetMethods }) => resetMethods],
  ['bootVga', ({ bootVga }) => bootVga],
  ['sriovRole', ({ sriov }) => mapKnown(sriov, ({ role }) => role)],
  ['totalVfs', ({ sriov }) => mapKnown(sriov, (role) => (role.role === 'pf' ? role.totalVfs : null))],
  ['numVfs', ({ sriov }) => mapKnown(sriov, (role) => (role.role === 'pf' ? role.numVfs : null))],
  ['maxLinkSpeedGts', ({ link }) => mapKnown(link, ({ maxSpeedGts }) => maxSpeedGts)],
  ['maxLinkWidth', ({ link }) => mapKnown(link, ({ maxWidth }) => maxWidth)],
  ['acs', ({ config }) => mapKnown(config, ({ acs }) => mapKnown(acs, enabledFeatures))],
  ['netInterfaces', ({ netInterfaces }) => netInterfaces],
  ['blockDevices', ({ blockDevices }) => blockDevices],
  ['slotLabel', ({ slotLabel }) => slotLabel],
];

function enabledFeatures(acs: AcsCapability): readonly string[] {
  return Object.entries(acs).flatMap(([name, feature]) => (feature.enabled === true ? [name] : []));
}

/** The fields that a comparison needs. */
export const DIFFERENCE_FIELDS: readonly DeviceField[] = [
  'location',
  'class',
  'vendor',
  'device',
  'subsystem',
  'revision',
  'driver',
  'driverOverride',
  'iommuGroup',
  'numaNode',
  'bars',
  'rom',
  'resetMethods',
  'bootVga',
  'sriov',
  'link',
  'config',
  'netInterfaces',
  'blockDevices',
  'attachments',
  'vpd',
  'slotLabel',
];

/**
 * Compares two inventories: what came, went, moved or changed, ordered by address. The number of an IOMMU
 * group means nothing; who is in a group with whom is compared.
 *
 * A fact that one side could not read, and the other could, is no change.
 */
export function compareInventories(before: Inventory, after: Inventory): readonly DeviceDifference[] {
  const pairs = pairDevices(before.devices, after.devices);
  const pairedBefore = new Map(pairs.map((pair) => [pair.before.address, pair.after.address]));
  const pairedAfter = new Set(pairs.map((pair) => pair.after.address));
  const companionsBefore = companions(
    before.devices,
    (address) => pairedBefore.get(address) ?? `${address} (gone)`,
  );
  const companionsAfter = companions(after.devices, (address) => address);
  const differences: DeviceDifference[] = [
    ...before.devices
      .filter(({ address }) => !pairedBefore.has(address))
      .map((device): DeviceDifference => ({ kind: 'gone', before: device })),
    ...after.devices
      .filter(({ address }) => !pairedAfter.has(address))
      .map((device): DeviceDifference => ({ kind: 'came', after: device })),
    ...pairs.flatMap((pair): readonly DeviceDifference[] => {
      const changes = [...changedFacts(pair), ...changedGroup(pair, companionsBefore, companionsAfter)];
      const kind = pair.before.address === pair.after.address ? 'changed' : 'moved';
      return kind === 'moved' || changes.length > 0 ? [{ kind, ...pair, changes }] : [];
    }),
  ];
  return differences.sort((a, b) => comparePciAddresses(placeOf(a), placeOf(b)));
}

function placeOf(difference: DeviceDifference): PciAddress {
  return difference.kind === 'gone' ? difference.before.address : difference.after.address;
}

/** Which device of one inventory is which of the other: by address where nothing speaks against it, then by identity. */
function pairDevices(before: readonly PciDevice[], after: readonly PciDevice[]): readonly Pair[] {
  const identities = new Map<PciDevice, DeviceIdentity>();
  for (const device of [...before, ...after]) identities.set(device, identityOf(device));
  const score = (a: PciDevice, b: PciDevice): number =>
    identityScore(identities.get(a) as DeviceIdentity, identities.get(b) as DeviceIdentity);

  const afterByAddress = new Map(after.map((device) => [device.address, device]));
  const pairs: Pair[] = [];
  const left: PciDevice[] = [];
  const free = new Set(after);
  for (const device of before) {
    const same = afterByAddress.get(device.address);
    if (same !== undefined && (score(device, same) > 0 || lacksIds(device, same))) {
      pairs.push({ before: device, after: same });
      free.delete(same);
    } else left.push(device);
  }

  // At SAME_DEVICE two identities share one of these at least, so that no others need be compared.
  const traces = new Map<string, PciDevice[]>();
  for (const device of free) {
    for (const trace of tracesOf(identities.get(device) as DeviceIdentity)) {
      traces.set(trace, [...(traces.get(trace) ?? []), device]);
    }
  }
  const candidates = left.flatMap((device) => {
    const near = new Set(
      tracesOf(identities.get(device) as DeviceIdentity).flatMap((trace) => traces.get(trace) ?? []),
    );
    return [...near].map((other) => ({ before: device, after: other, score: score(device, other) }));
  });
  const taken = new Set<PciDevice>();
  for (const candidate of candidates.sort((a, b) => b.score - a.score)) {
    if (candidate.score < SAME_DEVICE || taken.has(candidate.before) || taken.has(candidate.after)) continue;
    taken.add(candidate.before).add(candidate.after);
    pairs.push({ before: candidate.before, after: candidate.after });
  }
  return pairs;
}

/** Two devices at one address of which neither can say what it is. */
function lacksIds(a: PciDevice, b: PciDevice): boolean {
  return knownValue(a.vendor) === undefined && knownValue(b.vendor) === undefined;
}

function tracesOf({ serial, mac, path, slotLabel }: DeviceIdentity): readonly string[] {
  return Object.entries({ serial, mac, path, slotLabel })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${value}`);
}

function changedFacts({ before, after }: Pair): readonly FactChange[] {
  return FACTS.flatMap(([fact, take]) => {
    const was = take(before);
    const is = take(after);
    if (isUnknown(was) || isUnknown(is) || JSON.stringify(was) === JSON.stringify(is)) return [];
    return [{ fact, before: was, after: is }];
  });
}

/** The other members of each device's group, by their names in the later inventory; `null` for no group. */
function companions(
  devices: readonly PciDevice[],
  nameOf: (address: PciAddress) => string,
): ReadonlyMap<PciAddress, Known<readonly string[]>> {
  const members = new Map<number, PciAddress[]>();
  for (const { iommuGroup, address } of devices) {
    if (typeof iommuGroup === 'number')
      members.set(iommuGroup, [...(members.get(iommuGroup) ?? []), address]);
  }
  return new Map(
    devices.map(({ address, iommuGroup }) => [
      address,
      mapKnown(iommuGroup, (group) =>
        (members.get(group) ?? [])
          .filter((other) => other !== address)
          .map(nameOf)
          .sort(),
      ),
    ]),
  );
}

function changedGroup(
  { before, after }: Pair,
  companionsBefore: ReadonlyMap<PciAddress, Known<readonly string[]>>,
  companionsAfter: ReadonlyMap<PciAddress, Known<readonly string[]>>,
): readonly FactChange[] {
  const was = companionsBefore.get(before.address) ?? null;
  const is = companionsAfter.get(after.address) ?? null;
  if (isUnknown(was) || isUnknown(is) || JSON.stringify(was) === JSON.stringify(is)) return [];
  return [{ fact: 'iommuGroupCompanions', before: was, after: is }];
}
