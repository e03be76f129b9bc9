import type { Diagnostic } from '../../base/diagnostic.ts';
import { PortalGunError } from '../../base/errors.ts';
import { isUnknown, UNREAD, type Unknown } from '../../base/known.ts';
import { escapeControls } from '../../base/text.ts';
import { type HostReader, isFailure } from '../../host/host-reader.ts';
import { comparePciAddresses, isPciAddress, type PciAddress } from '../../pci/address.ts';
import type { DeviceField, DeviceRequest, DeviceWith, FieldOf, PciDevice } from '../../pci/device.ts';
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

/** Facts that are read from the device itself: a sleeping device wakes up, and a few cards hang. */
export const PROBING_FIELDS: ReadonlySet<DeviceField> = new Set(['config', 'vpd'] satisfies DeviceField[]);

/** Selects the devices of a question, by the facts that are read of all. */
export type ProbedDevices = (devices: readonly PciDevice[]) => readonly PciDevice[];

/**
 * Reads the PCI functions of a host from `/sys/bus/pci/devices`, with only the facts in `fields`. The others are not
 * in the type (if `fields` has literal names), and `unread` at run time. One bad device never hides the others:
 * errors are in `diagnostics`.
 *
 * @param probed selects the devices of the question; all without it
 * @param ofProbed facts that are read only of these devices: by default those that are read from the device itself.
 * The selection must not need them.
 * @throws PortalGunError NO_PCI if the host shows no PCI bus, PERMISSION_DENIED if it cannot be listed
 */
export function readInventory<const Read extends DeviceRequest>(
  host: HostReader,
  names: PciNames,
  fields: readonly Read[],
  probed?: ProbedDevices,
  ofProbed: ReadonlySet<DeviceRequest> = PROBING_FIELDS,
): Inventory<DeviceWith<FieldOf<Read>>> {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (diagnostic) => diagnostics.push(diagnostic);
  const sources = readBus(host, report);
  const context = new HostContext(host, names, new Map(sources.map((source) => [source.address, source])));
  const asked: readonly DeviceRequest[] = fields;
  const wanted = wantedOf(asked.filter((field) => probed === undefined || !ofProbed.has(field)));
  const isOfProbed = (field: DeviceRequest): field is DeviceField =>
    ofProbed.has(field) && field !== 'vfCounts';
  const told = sources.map((source) => readDevice(source, context, wanted));
  const devices =
    probed === undefined ? told : withProbed(told, probed(told), sources, context, asked.filter(isOfProbed));
  findUnlistedFunctions(host, sources, report);
  const iommu = hasIommuGroups(host, devices, wanted.includes('iommuGroup'), report);
  return { host: { label: host.label }, devices, iommu, diagnostics };
}

/**
 * Reads one function with the requested facts, without names of ids; `null` if it is not on the bus. For a check in
 * the middle of a change: facts from its VFs or its PF are not read.
 */
export function readFunction<const Read extends DeviceField>(
  host: HostReader,
  address: PciAddress,
  fields: readonly Read[],
): DeviceWith<Read> | null {
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
    throw new PortalGunError(code, `${SYS_PATHS.pciDevices} cannot be listed: ${names.detail}`, {
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
  if (isFailure(target)) return broken(`its entry on the bus cannot be read: ${target.detail}`);
  // Trees that were made by hand contain the directory itself.
  const directory = target === null ? path : resolveBusEntry(path, target);
  if (directory === null || !directory.startsWith('/sys/')) {
    return broken('its entry on the bus points outside /sys; it is ignored');
  }
  if (target !== null && directory.startsWith(`${SYS_PATHS.pciDevices}/`)) {
    return broken('its entry on the bus points back to the bus; it is ignored');
  }
  return new DeviceSource(host, address, directory, report, knownIds);
}

/** The same devices, the selected ones with more facts. */
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

/** The requests, without duplicates, in the order in which facts are read. */
function wantedOf(fields: readonly DeviceRequest[]): readonly DeviceRequest[] {
  const asked = new Set(fields);
  return ALL_FIELDS.flatMap((field): readonly DeviceRequest[] => {
    if (asked.has(field)) return [field];
    return field === 'sriov' && asked.has('vfCounts') ? ['vfCounts'] : [];
  });
}

/** A device without facts. Its copies have one shape from the start, which halves the time for a large host. */
const NOTHING_READ = Object.fromEntries(ALL_FIELDS.map((field) => [field, UNREAD])) as {
  readonly [F in DeviceField]: Unknown;
};

type DeviceBeingRead = { -readonly [F in keyof PciDevice]: PciDevice[F] };

function readDevice(source: DeviceSource, context: HostContext, wanted: readonly DeviceRequest[]): PciDevice {
  const device: DeviceBeingRead = { address: source.address, ...NOTHING_READ };
  for (const request of wanted) {
    if (request === 'vfCounts') device.sriov = readVfCounts(source, context);
    else readField(device, request, source, context);
  }
  if (device.vendor === null) source.report('ATTRIBUTE_MISSING', missingMessage(source));
  return device;
}

function readField<F extends DeviceField>(
  device: { -readonly [Field in F]: PciDevice[Field] },
  field: F,
  source: DeviceSource,
  context: HostContext,
): void {
  device[field] = FIELD_READERS[field](source, context);
}

function missingMessage(source: DeviceSource): string {
  return source.host.exists(source.directory)
    ? 'has neither uevent nor vendor: its ids are unknown'
    : 'its entry on the bus is a broken link';
}

/**
 * Whether the kernel runs with an IOMMU: it shows groups, or devices that are in one. The absence of groups is an
 * answer only if the folder of the groups was read, or is missing in a kernel that shows the files beside it.
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
      'devices name IOMMU groups that do not exist: their types and reserved regions are unknown';
    if (groups === null) report({ subject: SYS_PATHS.iommuGroups, code: 'GROUPS_MISSING', message });
    return true;
  }
  if (Array.isArray(groups) && groups.length > 0) return true;
  // A fact that was not requested is also unread, and proves nothing.
  const unknown = isGroupAsked ? devices.map(({ iommuGroup }) => iommuGroup).find(isUnknown) : undefined;
  if (unknown !== undefined) return unknown;
  if (isFailure(groups)) return { unknown: groups.unknown };
  return groups !== null || host.exists(SYS_PATHS.kernelEvents) ? false : UNREAD;
}
