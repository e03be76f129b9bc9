import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import {
  type HostdevOptions,
  type PfLinks,
  type PlannedHostdev,
  toHostdev,
} from '../../libvirt/hostdev/to-hostdev.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceField, PciDevice } from '../../pci/device.ts';
import { TRAIT_FIELDS } from '../../pci/device-traits.ts';
import { GROUP_FIELDS, groupDevices, type IommuGroup, isBridge } from '../../pci/group/iommu-group.ts';
import { iommuAdvice } from '../../pci/group/iommu-state.ts';
import { type HostAbilities, type PassthroughNote, passthroughNotes } from '../../pci/group/passthrough.ts';
import { identityOf } from '../../pci/identity.ts';
import type { Inventory } from '../../pci/inventory.ts';
import type { PciNames } from '../../pci/pci-ids.ts';
import { concernedWith, groupedWith } from '../../pci/selector/concerned-devices.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseSelectors } from '../../pci/selector/selector-parser.ts';
import { stableMac } from '../../pci/sriov/stable-mac.ts';
import { readCapturedLink } from '../../sysfs/device/pf-link.ts';
import type { ProbedDevices } from '../../sysfs/device/read-inventory.ts';
import type { HostSession } from '../session/host-session.ts';
import { type InventorySource, sysfsSource } from '../session/sysfs-source.ts';

const FIELDS: readonly DeviceField[] = [
  ...GROUP_FIELDS,
  'vendor',
  'device',
  'driverOverride',
  'rom',
  'resetMethods',
  'bootVga',
  'netInterfaces',
];

/** The facts for finding the devices that verdicts depend on. */
const PICKING_FIELDS: readonly DeviceField[] = ['iommuGroup', 'location'];

/** The state of a host for passing its devices through. */
export interface HostdevState {
  readonly inventory: Inventory;
  /** The selected devices; all without selectors. */
  readonly selected: readonly PciDevice[];
  /** The groups of the selected devices. */
  readonly groups: readonly IommuGroup[];
  readonly abilities: HostAbilities;
  readonly pfLinks: PfLinks;
}

/**
 * Reads the state for passing devices through.
 *
 * @param more additional facts
 * @param asked the devices of the question, if the words do not name them
 * @throws PortalGunError BAD_SELECTOR, DEVICE_NOT_FOUND, and the errors of reading the source
 */
export async function readHostdevState(
  source: InventorySource,
  names: PciNames,
  words: readonly string[],
  more: readonly DeviceField[] = [],
  asked?: ProbedDevices,
): Promise<HostdevState> {
  const selectors = parseSelectors(words);
  const fields = new Set([...FIELDS, ...more, ...selectors.flatMap((selector) => selector.fields)]);
  const ofWords: ProbedDevices = (devices) => concernedWith(devices, selectDevices(devices, selectors));
  const probed = words.length === 0 ? undefined : ofWords;
  // The devices of VMs are also read, to find out which are VFs.
  const ofAll = [...PICKING_FIELDS, ...selectors.flatMap((selector) => selector.fields)];
  const inventory =
    probed === undefined
      ? await source.read(names, [...fields], asked)
      : await source.read(
          names,
          [...fields, 'vfCounts'],
          probed,
          new Set([...fields].filter((field) => !ofAll.includes(field))),
        );
  const { devices } = inventory;
  const selected = selectDevices(devices, selectors);
  const grouped = probed === undefined ? devices : groupedWith(devices, selected);
  const pfs = new Set(grouped.flatMap((device) => pfOf(device) ?? []));
  // Only the files of the host show whether a PF is up.
  const { files } = source;
  return {
    inventory,
    selected,
    groups: groupDevices(grouped, source.groupAttributes),
    abilities: {
      iommu: inventory.iommu,
      ...(inventory.iommu === false ? { iommuAdvice: iommuAdvice(source.iommuState()) } : {}),
      tellsResetMethods: source.tellsResetMethods(devices),
    },
    pfLinks: new Map(files === null ? [] : [...pfs].map((pf) => [pf, readCapturedLink(files, pf)])),
  };
}

/**
 * The same for assigning devices, which are found again later by their identities.
 *
 * @param more additional facts
 * @param asked the devices of the question; all without it
 * @throws PortalGunError the errors of opening and reading the host
 */
export function readAssignmentState(
  session: HostSession,
  more: readonly DeviceField[],
  asked?: ProbedDevices,
): Promise<HostdevState> {
  const fields = [...TRAIT_FIELDS, ...more];
  return readHostdevState(sysfsSource(session.host), session.names, [], fields, asked);
}

function pfOf({ sriov }: PciDevice): PciAddress | undefined {
  const role = knownValue(sriov);
  return role?.role === 'vf' ? role.physicalFunction : undefined;
}

/** Devices with all devices that must leave the host with them, in the order of the host. */
export function withGroups(
  { inventory, groups }: HostdevState,
  chosen: readonly PciDevice[],
): readonly PciDevice[] {
  const ids = new Set(chosen.map(({ iommuGroup }) => knownValue(iommuGroup)));
  const going = groups
    .filter(({ id }) => ids.has(id))
    .flatMap(({ members }) => members)
    .filter(({ device, stays, behind }) => !stays && behind === null && !isBridge(device))
    .map(({ device }) => device);
  return inventory.devices.filter((device) => chosen.includes(device) || going.includes(device));
}

/**
 * The hostdevs of devices that are passed through together.
 *
 * @throws PortalGunError CANNOT_BE_GIVEN, BAD_ARGUMENT
 */
export function toHostdevs(
  state: HostdevState,
  chosen: readonly PciDevice[],
  wishes: HostdevOptions,
): readonly PlannedHostdev[] {
  return chosen.map((device) => toHostdevOf(state, device, wishes, chosen));
}

/**
 * The same for definitions, which must not change after the plan: each VF gets a fixed MAC. Needs `IDENTITY_FIELDS`
 * of the PFs.
 *
 * @throws PortalGunError CANNOT_BE_GIVEN, BAD_ARGUMENT
 */
export function toDefinedHostdevs(
  state: HostdevState,
  chosen: readonly PciDevice[],
  wishes: HostdevOptions,
): readonly (PlannedHostdev & { readonly of: PciDevice })[] {
  const handed = chosen.map((of) => ({ of, ...toHostdevOf(state, of, wishes, chosen) }));
  return handed.map((each) => ({ of: each.of, ...withStableMac(state, each.of, each) }));
}

/**
 * The hostdev of one device.
 *
 * @param along the other devices for the same VM
 * @throws PortalGunError CANNOT_BE_GIVEN, BAD_ARGUMENT
 */
export function toHostdevOf(
  { groups, abilities, pfLinks }: HostdevState,
  device: PciDevice,
  wishes: HostdevOptions,
  along: readonly PciDevice[],
): PlannedHostdev {
  const group = groups.find(({ id }) => id === knownValue(device.iommuGroup));
  const isWhole = group?.members.every(({ device: member, stays }) => stays || along.includes(member));
  const notes = passthroughNotes(device, group, abilities)
    .filter(({ code }) => code !== 'group-members' || isWhole !== true)
    .map(withWay);
  return toHostdev(device, wishes, notes, pfLinks);
}

function withWay(note: PassthroughNote): PassthroughNote {
  if (note.code !== 'group-members') return note;
  return { ...note, message: `${note.message}; --group includes them all` };
}

/**
 * A VF as an interface gets the MAC of the stable scheme unless one was requested: libvirt would generate one, and
 * the definition would differ from the planned one. Other devices are unchanged.
 */
function withStableMac(
  { inventory, pfLinks }: HostdevState,
  device: PciDevice,
  { device: handed, notes }: PlannedHostdev,
): PlannedHostdev {
  const role = knownValue(device.sriov);
  if (handed.kind !== 'interface' || handed.mac !== null || role?.role !== 'vf')
    return { device: handed, notes };
  const pf = inventory.devices.find(({ address }) => address === role.physicalFunction);
  const card = pfLinks.get(role.physicalFunction)?.mac ?? (pf === undefined ? null : identityOf(pf).serial);
  const index = knownValue(role.index);
  if (card === null || index === undefined) {
    throw new PortalGunError(
      'CANNOT_BE_GIVEN',
      'cannot derive a stable MAC address: the PF has no MAC address or serial number',
      {
        subject: device.address,
        hint: 'set one yourself: pci xml --mac',
      },
    );
  }
  return {
    device: { ...handed, mac: stableMac(card, index) },
    notes: notes.filter(({ code }) => code !== 'no-mac'),
  };
}
