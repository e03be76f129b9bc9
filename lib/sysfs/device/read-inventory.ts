import type { Diagnostic } from '../../base/diagnostic.ts';
import { PortalGunError } from '../../base/errors.ts';
import { isUnknown, UNREAD } from '../../base/known.ts';
import { escapeControls } from '../../base/text.ts';
import { type HostReader, isFailure } from '../../host/host-reader.ts';
import { comparePciAddresses, isPciAddress, type PciAddress } from '../../pci/address.ts';
import type { DeviceField, DeviceRequest, PciDevice } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { NO_NAMES, type PciNames } from '../../pci/pci-ids.ts';
import { HostContext } from '../host-context.ts';
import { busEntryPath, resolveBusEntry, SYS_PATHS } from '../paths.ts';
import { FIELD_READERS } from './device-fields.ts';
import { DeviceSource, type Report } from './device-source.ts';
import { readVfCounts } from './sriov-role.ts';
import type { UeventIds } from './uevent.ts';
import { findUnlistedFunctions } from './unlisted-functions.ts';

/** Every fact that a reader can read. */
export const ALL_FIELDS = Object.keys(FIELD_READERS) as readonly DeviceField[];

/** Facts that the device itself gives: one that sleeps wakes up for them, and a few cards hang. */
export const PROBING_FIELDS: ReadonlySet<DeviceField> = new Set(['config', 'vpd'] satisfies DeviceField[]);

/** Picks the devices that a question is about, by what is read of all. */
export type ProbedDevices = (devices: readonly PciDevice[]) => readonly PciDevice[];

/**
 * Reads the PCI functions of a host from `/sys/bus/pci/devices`. Of each just the facts that `fields` names;
 * the others are `unread`. One bad device never hides the rest: what is wrong stands in `diagnostics`.
 *
 * @param probed the devices that the question is about; all without it
 * @param ofProbed which facts are read of these and of no others: by default those that a device gives itself. What picks
 * the devices must not be among them.
 * @throws PortalGunError NO_PCI where the host shows no PCI bus, PERMISSION_DENIED where it may not be listed
 */
export function readInventory(
  host: HostReader,
  names: PciNames,
  fields: readonly DeviceRequest[],
  probed?: ProbedDevices,
  ofProbed: ReadonlySet<DeviceRequest> = PROBING_FIELDS,
): Inventory {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (diagnostic) => diagnostics.push(diagnostic);
  const sources = readBus(host, report);
  const context = new HostContext(host, names, new Map(sources.map((source) => [source.address, source])));
  const wanted = wantedOf(fields.filter((field) => probed === undefined || !ofProbed.has(field)));
  const isOfProbed = (field: DeviceRequest): field is DeviceField =>
    ofProbed.has(field) && field !== 'vfCounts';
  const told = sources.map((source) => readDevice(source, context, wanted));
  const devices =
    probed === undefined ? told : withProbed(told, probed(told), sources, context, fields.filter(isOfProbed));
  findUnlistedFunctions(host, sources, report);
  const iommu = hasIommuGroups(host, devices, wanted.iommuGroup === true, report);
  return { host: { label: host.label }, devices, iommu, diagnostics };
}

/**
 * Reads one function, with the facts that are asked for and no names of ids; `null` where it is not on the bus. For a
 * look at one device in the middle of a change: what its VFs or its PF would tell is not asked.
 */
export function readFunction(
  host: HostReader,
  address: PciAddress,
  fields: readonly DeviceField[],
): PciDevice | null {
  if (!host.exists(busEntryPath(address))) return null;
  const source = openDevice(host, address, () => {}, new Map());
  if (source === null) return null;
  const context = new HostContext(host, NO_NAMES, new Map([[address, source]]));
  return readDevice(source, context, wantedOf(fields));
}

function readBus(host: HostReader, report: Report): readonly DeviceSource[] {
  const names = host.list(SYS_PATHS.pciDevices);
  if (names === null) {
    throw new PortalGunError('NO_PCI', `there is no ${SYS_PATHS.pciDevices}`, { subject: host.label });
  }
  if (isFailure(names)) {
    const code = names.unknown === 'denied' ? 'PERMISSION_DENIED' : 'NO_PCI';
    throw new PortalGunError(code, `${SYS_PATHS.pciDevices} can't be listed: ${names.detail}`, {
      subject: host.label,
    });
  }
  const sources: DeviceSource[] = [];
  const knownIds = new Map<string, UeventIds>();
  for (const name of names) {
    if (isPciAddress(name)) {
      const source = openDevice(host, name, report, knownIds);
      if (source !== null) sources.push(source);
    } else {
      report({
        subject: escapeControls(name),
        code: 'BAD_DEVICE_NAME',
        message: 'is among the devices of the PCI bus',
      });
    }
  }
  return sources.sort((a, b) => comparePciAddresses(a.address, b.address));
}

function openDevice(
  host: HostReader,
  address: PciAddress,
  report: Report,
  knownIds: Map<string, UeventIds>,
): DeviceSource | null {
  const path = busEntryPath(address);
  const broken = (message: string): null => {
    report({ subject: address, code: 'DEVICE_LINK_BROKEN', message });
    return null;
  };
  const target = host.readLink(path);
  if (isFailure(target)) return broken(`its entry on the bus can't be read: ${target.detail}`);
  // Trees made by hand hold the directory itself.
  const directory = target === null ? path : resolveBusEntry(path, target);
  if (directory === null || !directory.startsWith('/sys/')) {
    return broken('its entry on the bus points out of /sys; it is left out');
  }
  if (target !== null && directory.startsWith(`${SYS_PATHS.pciDevices}/`)) {
    return broken('its entry on the bus points back at the bus; it is left out');
  }
  return new DeviceSource(host, address, directory, report, knownIds);
}

/** The same devices, the chosen ones with further facts. */
function withProbed(
  devices: readonly PciDevice[],
  probed: readonly PciDevice[],
  sources: readonly DeviceSource[],
  context: HostContext,
  fields: readonly DeviceField[],
): readonly PciDevice[] {
  const chosen = new Set(probed);
  const wanted = wantedOf(fields);
  return devices.map((device, index) => {
    const source = sources[index];
    if (source === undefined || !chosen.has(device)) return device;
    const read = readDevice(source, context, wanted);
    return { ...device, ...Object.fromEntries(fields.map((field) => [field, read[field]])) };
  });
}

type Wanted = { readonly [R in DeviceRequest]?: true };

function wantedOf(fields: readonly DeviceRequest[]): Wanted {
  return Object.fromEntries(fields.map((field) => [field, true]));
}

function readDevice(source: DeviceSource, context: HostContext, wanted: Wanted): PciDevice {
  // Written out, and not a loop over the fields: every device then has one shape from the start, which
  // halves what a large host costs here.
  const device: PciDevice = {
    address: source.address,
    location: wanted.location ? FIELD_READERS.location(source, context) : UNREAD,
    class: wanted.class ? FIELD_READERS.class(source, context) : UNREAD,
    vendor: wanted.vendor ? FIELD_READERS.vendor(source, context) : UNREAD,
    device: wanted.device ? FIELD_READERS.device(source, context) : UNREAD,
    subsystem: wanted.subsystem ? FIELD_READERS.subsystem(source, context) : UNREAD,
    revision: wanted.revision ? FIELD_READERS.revision(source, context) : UNREAD,
    driver: wanted.driver ? FIELD_READERS.driver(source, context) : UNREAD,
    driverOverride: wanted.driverOverride ? FIELD_READERS.driverOverride(source, context) : UNREAD,
    modules: wanted.modules ? FIELD_READERS.modules(source, context) : UNREAD,
    iommuGroup: wanted.iommuGroup ? FIELD_READERS.iommuGroup(source, context) : UNREAD,
    numaNode: wanted.numaNode ? FIELD_READERS.numaNode(source, context) : UNREAD,
    bars: wanted.bars ? FIELD_READERS.bars(source, context) : UNREAD,
    rom: wanted.rom ? FIELD_READERS.rom(source, context) : UNREAD,
    resetMethods: wanted.resetMethods ? FIELD_READERS.resetMethods(source, context) : UNREAD,
    powerState: wanted.powerState ? FIELD_READERS.powerState(source, context) : UNREAD,
    bootVga: wanted.bootVga ? FIELD_READERS.bootVga(source, context) : UNREAD,
    sriov: wanted.sriov
      ? FIELD_READERS.sriov(source, context)
      : wanted.vfCounts
        ? readVfCounts(source, context)
        : UNREAD,
    link: wanted.link ? FIELD_READERS.link(source, context) : UNREAD,
    config: wanted.config ? FIELD_READERS.config(source, context) : UNREAD,
    netInterfaces: wanted.netInterfaces ? FIELD_READERS.netInterfaces(source, context) : UNREAD,
    blockDevices: wanted.blockDevices ? FIELD_READERS.blockDevices(source, context) : UNREAD,
    attachments: wanted.attachments ? FIELD_READERS.attachments(source, context) : UNREAD,
    lastSeen: wanted.lastSeen ? FIELD_READERS.lastSeen(source, context) : UNREAD,
    mdevTypes: wanted.mdevTypes ? FIELD_READERS.mdevTypes(source, context) : UNREAD,
    vfio: wanted.vfio ? FIELD_READERS.vfio(source, context) : UNREAD,
    vpd: wanted.vpd ? FIELD_READERS.vpd(source, context) : UNREAD,
    slotLabel: wanted.slotLabel ? FIELD_READERS.slotLabel(source, context) : UNREAD,
  };
  if (device.vendor === null) source.report('ATTRIBUTE_MISSING', missingMessage(source));
  return device;
}

function missingMessage(source: DeviceSource): string {
  return source.host.exists(source.directory)
    ? 'has neither uevent nor vendor: its ids are not known'
    : 'its entry on the bus leads nowhere';
}

/**
 * Whether the kernel runs with an IOMMU: it shows groups, or devices that are in one. That it shows none is an answer only where
 * the folder of the groups was looked into, or is absent from a kernel that shows what stands beside it.
 */
function hasIommuGroups(
  host: HostReader,
  devices: readonly PciDevice[],
  isGroupAsked: boolean,
  report: Report,
): Inventory['iommu'] {
  const groups = host.list(SYS_PATHS.iommuGroups);
  if (devices.some((device) => typeof device.iommuGroup === 'number')) {
    const message =
      'devices name IOMMU groups, which are not there: their types and reserved regions are not known';
    if (groups === null) report({ subject: SYS_PATHS.iommuGroups, code: 'GROUPS_MISSING', message });
    return true;
  }
  if (Array.isArray(groups) && groups.length > 0) return true;
  // What was not asked for is unread as well, and says nothing.
  const unknown = isGroupAsked ? devices.map(({ iommuGroup }) => iommuGroup).find(isUnknown) : undefined;
  if (unknown !== undefined) return unknown;
  if (isFailure(groups)) return { unknown: groups.unknown };
  return groups !== null || host.exists(SYS_PATHS.kernelEvents) ? false : UNREAD;
}
