import { isUnknown, type Known, knownValue, mapKnown } from '../base/known.ts';
import { comparePciAddresses, type PciAddress } from './address.ts';
import type { AcsCapability } from './config/capabilities.ts';
import type { DeviceField, DeviceWith, PciDevice } from './device.ts';
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
 * The difference of a device between two inventories. A device that `moved` has the same identity at another address;
 * it may also have changed.
 */
export type DeviceDifference<Device extends DeviceWith<never> = PciDevice> =
  | { readonly kind: 'came'; readonly after: Device }
  | { readonly kind: 'gone'; readonly before: Device }
  | {
      readonly kind: 'moved' | 'changed';
      readonly before: Device;
      readonly after: Device;
      readonly changes: readonly FactChange[];
    };

interface Pair<Device extends DeviceWith<never> = DeviceWith<DifferenceField>> {
  readonly before: Device;
  readonly after: Device;
}

/** What a comparison does with a field. */
type Comparison<F extends DeviceField> =
  /** The values that are compared, by the name of the change. */
  | { readonly facts: Readonly<Record<string, (device: DeviceWith<F>) => Known<FactValue>>> }
  /** It identifies the device, or the members of its group. */
  | { readonly tells: 'identity' | 'group' }
  /** Why a change of it is not a difference. */
  | { readonly isNoDifference: string };

/** The comparisons of a device, in the order of changes: the parts that keep their meaning over a reboot. */
const COMPARISONS = {
  location: { tells: 'identity' },
  vendor: { tells: 'identity' },
  device: { tells: 'identity' },
  subsystem: { tells: 'identity' },
  attachments: { tells: 'identity' },
  vpd: { tells: 'identity' },
  iommuGroup: { tells: 'group' },
  class: { facts: { class: (device) => mapKnown(device.class, ({ code }) => code) } },
  revision: { facts: { revision: ({ revision }) => revision } },
  driver: { facts: { driver: ({ driver }) => driver } },
  driverOverride: { facts: { driverOverride: ({ driverOverride }) => driverOverride } },
  numaNode: { facts: { numaNode: ({ numaNode }) => numaNode } },
  bars: {
    facts: {
      bars: ({ bars }) =>
        mapKnown(bars, (all) => all.map(({ index, kind, sizeBytes }) => `${index} ${kind} ${sizeBytes}`)),
    },
  },
  rom: { facts: { rom: ({ rom }) => mapKnown(rom, ({ sizeBytes }) => sizeBytes) } },
  resetMethods: { facts: { resetMethods: ({ resetMethods }) => resetMethods } },
  bootVga: { facts: { bootVga: ({ bootVga }) => bootVga } },
  sriov: {
    facts: {
      sriovRole: ({ sriov }) => mapKnown(sriov, ({ role }) => role),
      totalVfs: ({ sriov }) => mapKnown(sriov, (role) => (role.role === 'pf' ? role.totalVfs : null)),
      numVfs: ({ sriov }) => mapKnown(sriov, (role) => (role.role === 'pf' ? role.numVfs : null)),
    },
  },
  link: {
    facts: {
      maxLinkSpeedGts: ({ link }) => mapKnown(link, ({ maxSpeedGts }) => maxSpeedGts),
      maxLinkWidth: ({ link }) => mapKnown(link, ({ maxWidth }) => maxWidth),
    },
  },
  config: { facts: { acs: ({ config }) => mapKnown(config, ({ acs }) => mapKnown(acs, enabledFeatures)) } },
  netInterfaces: { facts: { netInterfaces: ({ netInterfaces }) => netInterfaces } },
  blockDevices: { facts: { blockDevices: ({ blockDevices }) => blockDevices } },
  slotLabel: { facts: { slotLabel: ({ slotLabel }) => slotLabel } },
  modules: { isNoDifference: 'depends on the kernel that runs, not on the device' },
  powerState: { isNoDifference: 'changes from moment to moment' },
  lastSeen: { isNoDifference: 'holds for one boot only' },
  mdevTypes: { isNoDifference: 'follows the driver, which is compared' },
  vfio: { isNoDifference: 'follows the driver, which is compared' },
} as const satisfies { readonly [F in DeviceField]: Comparison<F> };

function enabledFeatures(acs: AcsCapability): readonly string[] {
  return Object.entries(acs).flatMap(([name, feature]) => (feature.enabled === true ? [name] : []));
}

/** One of {@link DIFFERENCE_FIELDS}. */
export type DifferenceField = {
  [F in DeviceField]: (typeof COMPARISONS)[F] extends { readonly isNoDifference: string } ? never : F;
}[DeviceField];

/** The fields that a comparison needs. */
export const DIFFERENCE_FIELDS: readonly DifferenceField[] = (
  Object.keys(COMPARISONS) as readonly DeviceField[]
).filter((field): field is DifferenceField => !('isNoDifference' in COMPARISONS[field]));

/** The compared values of a device, by the name of the change. */
const FACTS: readonly (readonly [
  name: string,
  take: (device: DeviceWith<DifferenceField>) => Known<FactValue>,
])[] = Object.values(COMPARISONS).flatMap((comparison) =>
  'facts' in comparison ? Object.entries(comparison.facts) : [],
);

/**
 * Compares two inventories: devices that came, disappeared, moved or changed, ordered by address. The number of an
 * IOMMU group has no meaning; its members are compared.
 *
 * A fact that only one side could read is not a change.
 */
export function compareInventories<Device extends DeviceWith<DifferenceField>>(
  before: Inventory<Device>,
  after: Inventory<Device>,
): readonly DeviceDifference<Device>[] {
  const pairs = pairDevices(before.devices, after.devices);
  const pairedBefore = new Map(pairs.map((pair) => [pair.before.address, pair.after.address]));
  const pairedAfter = new Set(pairs.map((pair) => pair.after.address));
  const companionsBefore = companions(
    before.devices,
    (address) => pairedBefore.get(address) ?? `${address} (gone)`,
  );
  const companionsAfter = companions(after.devices, (address) => address);
  const differences: DeviceDifference<Device>[] = [
    ...before.devices
      .filter(({ address }) => !pairedBefore.has(address))
      .map((device): DeviceDifference<Device> => ({ kind: 'gone', before: device })),
    ...after.devices
      .filter(({ address }) => !pairedAfter.has(address))
      .map((device): DeviceDifference<Device> => ({ kind: 'came', after: device })),
    ...pairs.flatMap((pair): readonly DeviceDifference<Device>[] => {
      const changes = [...changedFacts(pair), ...changedGroup(pair, companionsBefore, companionsAfter)];
      const kind = pair.before.address === pair.after.address ? 'changed' : 'moved';
      return kind === 'moved' || changes.length > 0 ? [{ kind, ...pair, changes }] : [];
    }),
  ];
  return differences.sort((a, b) => comparePciAddresses(placeOf(a), placeOf(b)));
}

function placeOf(difference: DeviceDifference<DeviceWith<never>>): PciAddress {
  return difference.kind === 'gone' ? difference.before.address : difference.after.address;
}

/** Pairs the devices of two inventories: by address unless a fact contradicts it, then by identity. */
function pairDevices<Device extends DeviceWith<DifferenceField>>(
  before: readonly Device[],
  after: readonly Device[],
): readonly Pair<Device>[] {
  const identities = new Map<Device, DeviceIdentity>();
  for (const device of [...before, ...after]) identities.set(device, identityOf(device));
  const score = (a: Device, b: Device): number =>
    identityScore(identities.get(a) as DeviceIdentity, identities.get(b) as DeviceIdentity);

  const afterByAddress = new Map(after.map((device) => [device.address, device]));
  const pairs: Pair<Device>[] = [];
  const left: Device[] = [];
  const free = new Set(after);
  for (const device of before) {
    const same = afterByAddress.get(device.address);
    if (same !== undefined && (score(device, same) > 0 || lacksIds(device, same))) {
      pairs.push({ before: device, after: same });
      free.delete(same);
    } else left.push(device);
  }

  // At SAME_DEVICE, two identities share at least one of these, so others need not be compared.
  const traces = new Map<string, Device[]>();
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
  const taken = new Set<Device>();
  for (const candidate of candidates.sort((a, b) => b.score - a.score)) {
    if (candidate.score < SAME_DEVICE || taken.has(candidate.before) || taken.has(candidate.after)) continue;
    taken.add(candidate.before).add(candidate.after);
    pairs.push({ before: candidate.before, after: candidate.after });
  }
  return pairs;
}

/** Two devices at one address without known ids. */
function lacksIds(a: DeviceWith<'vendor'>, b: DeviceWith<'vendor'>): boolean {
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

/** The other members of the group of each device, by their names in the later inventory; `null` for no group. */
function companions(
  devices: readonly DeviceWith<'iommuGroup'>[],
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
