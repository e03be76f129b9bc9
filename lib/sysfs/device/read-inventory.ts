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
import type { Uevent } from './uevent.ts';
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
 * @param beside other devices with the same facts, except those that are read from the device itself
 * @throws PortalGunError NO_PCI if the host shows no PCI bus, PERMISSION_DENIED if it cannot be listed
 */
export function readInventory<const Read extends DeviceRequest>(
  host: HostReader,
  names: PciNames,
  fields: readonly Read[],
  probed?: ProbedDevices,
  ofProbed: ReadonlySet<DeviceRequest> = PROBING_FIELDS,
  beside: ProbedDevices = () => [],
): Inventory<DeviceWith<FieldOf<Read>>> {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (diagnostic) => diagnostics.push(diagnostic);
  const sources = readBus(host, report);
  const context = new HostContext(host, names, new Map(sources.map((source) => [source.address, source])));
  const asked: readonly DeviceRequest[] = fields;
  const wanted = wantedOf(asked.filter((field) => probed === undefined || !ofProbed.has(field)));
  const isOfProbed = (field: DeviceRequest): field is DeviceField =>
    ofProbed.has(field) && field !== 'vfCounts';
  // It lists where the functions are, and then a tree need not look at each.
  const unlisted: Diagnostic[] = [];
  findUnlistedFunctions(host, sources, (diagnostic) => unlisted.push(diagnostic));
  const told = sources.map((source) => readDevice(source, context, wanted));
  const ofSome = asked.filter(isOfProbed);
  const ofBeside = ofSome.filter((field) => !PROBING_FIELDS.has(field));
  const devices =
    probed === undefined
      ? told
      : withFurther(told, sources, context, [
          { devices: new Set(probed(told)), fields: ofSome },
          { devices: new Set(beside(told)), fields: ofBeside },
        ]);
  diagnostics.push(...unlisted);
  const iommu = hasIommuGroups(
    host,
    devices,
    wanted.some(({ field }) => field === 'iommuGroup'),
    report,
  );
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
  const knownUevents = new Map<string, Uevent>();
  for (const name of names) {
    if (isPciAddress(name)) {
      const source = openDevice(host, name, report, knownUevents);
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
  knownUevents: Map<string, Uevent>,
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
  return new DeviceSource(host, address, directory, report, knownUevents);
}

/** Devices that get further facts. */
interface Further {
  readonly devices: ReadonlySet<PciDevice>;
  readonly fields: readonly DeviceField[];
}

/** The same devices, some with further facts: of the first that names them. */
function withFurther(
  devices: readonly PciDevice[],
  sources: readonly DeviceSource[],
  context: HostContext,
  further: readonly Further[],
): readonly PciDevice[] {
  return devices.map((device, index) => {
    const source = sources[index];
    const fields = further.find((each) => each.devices.has(device))?.fields;
    if (source === undefined || fields === undefined) return device;
    const read = readDevice(source, context, wantedOf(fields));
    return { ...device, ...Object.fromEntries(fields.map((field) => [field, read[field]])) };
  });
}

/** How one of the facts that are asked for is read. */
interface FactReader {
  readonly field: DeviceField;
  readonly read: (source: DeviceSource, context: HostContext) => PciDevice[DeviceField];
}

/** The requests, without duplicates, in the order in which facts are read. */
function wantedOf(fields: readonly DeviceRequest[]): readonly FactReader[] {
  const asked = new Set(fields);
  return ALL_FIELDS.flatMap((field): readonly FactReader[] => {
    if (asked.has(field)) return [{ field, read: FIELD_READERS[field] }];
    return field === 'sriov' && asked.has('vfCounts') ? [{ field, read: readVfCounts }] : [];
  });
}

/** A device without facts. Its copies have one shape from the start, and are created together. */
const NOTHING_READ = Object.fromEntries(['address', ...ALL_FIELDS].map((field) => [field, UNREAD])) as {
  readonly [F in DeviceField]: Unknown;
};

function readDevice(source: DeviceSource, context: HostContext, wanted: readonly FactReader[]): PciDevice {
  const device: PciDevice = { ...NOTHING_READ, address: source.address };
  const facts: Record<DeviceField, unknown> = device;
  for (let index = 0; index < wanted.length; index += 1) {
    const { field, read } = wanted[index] as FactReader;
    facts[field] = read(source, context);
  }
  if (device.vendor === null) source.report('ATTRIBUTE_MISSING', missingMessage(source));
  return device;
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
