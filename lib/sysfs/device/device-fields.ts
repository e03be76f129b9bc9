import { BROKEN, isUnknown, type Known, knownValue, mapKnown, UNREAD } from '../../base/known.ts';
import { slotOf } from '../../pci/address.ts';
import { parseResources, type Resources } from '../../pci/config/bar.ts';
import { type ConfigSpace, parseConfigSpace } from '../../pci/config/config-space.ts';
import { parseVpd } from '../../pci/config/vpd.ts';
import type { DeviceField, PciDevice, SubsystemId } from '../../pci/device.ts';
import type { HostMarks } from '../../pci/host-marks.ts';
import { type PcieLink, parseLinkSpeed, parseLinkWidth } from '../../pci/link.ts';
import { type DeviceLocation, parseLocationBelow } from '../../pci/location.ts';
import { lastSeenOf } from '../../pci/persisted/last-seen.ts';
import { isPassthroughDriver, type VfioState } from '../../pci/vfio-state.ts';
import type { HostContext } from '../host-context.ts';
import { SYS_PATHS } from '../paths.ts';
import { compareNames, findAttachments, namesOfKind, readAttachments } from './attachments.ts';
import {
  parseCount,
  parseDriverOverride,
  parseFlag,
  parseHex,
  parseNumaNode,
  parseWords,
  remembering,
} from './attribute-parsers.ts';
import type { ClassIndex } from './class-index.ts';
import type { DeviceSource } from './device-source.ts';
import { readModules } from './module-aliases.ts';
import { readSriov } from './sriov-role.ts';

const toClass = parseHex(6);
const toId = parseHex(4);
const toRevision = remembering(parseHex(2));
const toNode = remembering(parseNumaNode);
const toMethods = remembering(parseWords);
/** From the folder above a function: the functions below one bridge have the same. */
const toLocation = remembering(parseLocationBelow);
const toResources = remembering(parseResources);

type FieldReader<F extends DeviceField> = (source: DeviceSource, context: HostContext) => PciDevice[F];

/** The reader of each fact of a device. */
export const FIELD_READERS: { readonly [F in DeviceField]: FieldReader<F> } = {
  location: readLocation,
  class: (source, context) => mapKnown(classCode(source), (code) => context.deviceClass(code)),
  vendor: (source, context) => mapKnown(vendorId(source), (id) => context.vendor(id)),
  device: (source, context) =>
    mapKnown(deviceId(source), (id) => context.device(knownValue(vendorId(source)) ?? null, id)),
  subsystem: readSubsystem,
  revision: readRevision,
  driver: readDriver,
  driverOverride: (source) => source.parsed('driver_override', parseDriverOverride),
  modules: readModules,
  iommuGroup: readIommuGroup,
  numaNode: (source) => source.parsed('numa_node', toNode),
  bars: (source) => mapKnown(readResources(source), (resources) => resources.bars),
  rom: (source) => mapKnown(readResources(source), (resources) => resources.rom),
  resetMethods: (source) => source.parsed('reset_method', toMethods),
  powerState: (source) =>
    source.parsed('power_state', (text) => (/^[\w-]{1,16}$/.test(text) ? text : undefined)),
  bootVga: readBootVga,
  sriov: readSriov,
  link: readLink,
  config: (source) => mapKnown(source.bytes('config'), (bytes) => readConfig(source, bytes)),
  netInterfaces: readNetInterfaces,
  blockDevices: readBlockDevices,
  attachments: (source) => readAttachments(source),
  lastSeen: readLastSeen,
  mdevTypes: (source) => (source.has('mdev_supported_types') ? source.list('mdev_supported_types') : null),
  vfio: readVfio,
  vpd: (source) => (source.has('vpd') ? mapKnown(source.bytes('vpd'), parseVpd) : null),
  slotLabel: readSlotLabel,
};

/**
 * `vfio-dev/` exists since Linux 6.1; `nvidia/` exists for a VF of a GPU whose driver creates vGPUs without mediated
 * devices.
 */
function readVfio(source: DeviceSource): Known<VfioState> {
  const nodes = source.has('vfio-dev') ? source.list('vfio-dev') : null;
  if (isUnknown(nodes)) return nodes;
  const vgpuType = source.has('nvidia') ? source.parsed('nvidia/current_vgpu_type', parseCount) : null;
  const node = nodes?.find((name) => /^vfio\d+$/.test(name)) ?? null;
  return node === null && vgpuType === null ? null : { node, vgpuType };
}

function readLocation(source: DeviceSource): Known<DeviceLocation> {
  if (!source.directory.startsWith(`${SYS_PATHS.deviceTree}/`)) return null;
  const { directory, address } = source;
  const location = directory.endsWith(`/${address}`)
    ? toLocation(directory.slice(0, -address.length - 1))
    : undefined;
  if (location !== undefined) return location;
  source.report('DEVICE_LINK_BROKEN', 'its entry on the bus does not point to a path of PCI functions');
  return BROKEN;
}

// Each id comes from `uevent` if it is there and valid, otherwise from its own attribute.

function classCode(source: DeviceSource): Known<string> {
  return source.uevent()?.ids.classCode ?? source.parsed('class', toClass);
}

/** Only VGA devices have `boot_vga`. Other displays can have `boot_display`, but only the boot display has it. */
function readBootVga(source: DeviceSource): Known<boolean> {
  const code = knownValue(classCode(source)) ?? '';
  const isDisplay = code.startsWith('03');
  const isVga = code.startsWith('0300') || code.startsWith('0001');
  const vga = isVga ? source.parsed('boot_vga', parseFlag) : null;
  if (vga === true || isUnknown(vga) || !isDisplay) return vga;
  const display = source.parsed('boot_display', parseFlag);
  return display === true || isUnknown(display) ? display : vga;
}

function vendorId(source: DeviceSource): Known<string> {
  return source.uevent()?.ids.vendorId ?? source.parsed('vendor', toId);
}

function deviceId(source: DeviceSource): Known<string> {
  return source.uevent()?.ids.deviceId ?? source.parsed('device', toId);
}

function readSubsystem(source: DeviceSource, context: HostContext): Known<SubsystemId> {
  const subVendor = source.uevent()?.ids.subsystemVendorId ?? source.parsed('subsystem_vendor', toId);
  if (subVendor === null || isUnknown(subVendor)) return subVendor;
  const subDevice = source.uevent()?.ids.subsystemDeviceId ?? source.parsed('subsystem_device', toId);
  if (subDevice === null || isUnknown(subDevice)) return subDevice;
  return context.subsystem(
    knownValue(vendorId(source)) ?? null,
    knownValue(deviceId(source)) ?? null,
    subVendor,
    subDevice,
  );
}

/** Kernels before 4.10 have no `revision`; it is always in the configuration space, at offset 8. */
function readRevision(source: DeviceSource): Known<string> {
  const revision = source.parsed('revision', toRevision);
  if (revision !== null) return revision;
  return mapKnown(source.bytes('config'), (bytes) => bytes[8]?.toString(16).padStart(2, '0') ?? BROKEN);
}

function readDriver(source: DeviceSource): Known<string> {
  return source.uevent()?.driver ?? source.linkName('driver');
}

/** If a copy has a folder instead of the link, the folders of the groups show the members. */
function readIommuGroup(source: DeviceSource, context: HostContext): Known<number> {
  const name = source.linkName('iommu_group');
  if (isUnknown(name) && name.unknown === 'unread')
    return context.groupsByMember().get(source.address) ?? name;
  return mapKnown(name, (text) => parseCount(text) ?? source.broken('iommu_group', text));
}

function readResources(source: DeviceSource): Known<Resources> {
  return source.once('resource', () => source.parsed('resource', toResources));
}

/** Only for a device that `pci` bound in this boot, and only while it is on a VFIO driver. */
function readLastSeen(source: DeviceSource, context: HostContext): Known<HostMarks> {
  const driver = readDriver(source);
  if (driver === null || isUnknown(driver)) return driver;
  if (!isPassthroughDriver(driver)) return null;
  const entries = context.earlierEntries();
  if (isUnknown(entries)) return entries;
  const entry = entries?.[source.address];
  if (entry === undefined) return null;
  const bootId = context.bootId();
  const [vendor, device] = [knownValue(vendorId(source)), knownValue(deviceId(source))];
  const subsystem = knownValue(readSubsystem(source, context));
  if (bootId === null || vendor === undefined || device === undefined) return UNREAD;
  return lastSeenOf(entry, bootId, {
    id: `${vendor}:${device}`,
    subsystem: subsystem === undefined ? null : `${subsystem.vendorId}:${subsystem.deviceId}`,
  });
}

function readLink(source: DeviceSource): Known<PcieLink> {
  // Conventional PCI has none of the four files.
  if (!source.has('max_link_speed')) return null;
  const maxSpeedGts = source.parsed('max_link_speed', parseLinkSpeed);
  const maxWidth = source.parsed('max_link_width', parseLinkWidth);
  // An endpoint that is part of the processor has neither.
  if (maxSpeedGts === null && (maxWidth === null || maxWidth === 0)) return null;
  return {
    currentSpeedGts: source.parsed('current_link_speed', parseLinkSpeed),
    currentWidth: source.parsed('current_link_width', parseLinkWidth),
    maxSpeedGts,
    maxWidth,
  };
}

function readConfig(source: DeviceSource, bytes: Uint8Array): Known<ConfigSpace> {
  if (bytes.length === 0) {
    source.report('CONFIG_SPACE_BROKEN', 'config is empty');
    return BROKEN;
  }
  const config = parseConfigSpace(bytes);
  for (const problem of config.problems) source.report('CONFIG_SPACE_BROKEN', problem);
  return config;
}

function readNetInterfaces(source: DeviceSource, context: HostContext): Known<readonly string[]> {
  return readNames(source, 'net', context.netIndex(), NET_CLASSES);
}

function readBlockDevices(source: DeviceSource, context: HostContext): Known<readonly string[]> {
  return readNames(source, 'block', context.blockIndex(), BLOCK_CLASSES);
}

// Class codes of functions that can have such an attachment: controllers, and the buses behind them.
const NET_CLASSES = /^0(2|c|d)/;
const NETWORK_CLASSES = /^0[2d]/;
const BLOCK_CLASSES = /^0(1|8|c)/;

/**
 * The names of one kind on a function: from the class directory of the host if it exists; otherwise, or if the
 * directory proves nothing, by a walk through the functions whose class code allows such an attachment.
 */
function readNames(
  source: DeviceSource,
  kind: 'net' | 'block',
  index: ClassIndex | null,
  classes: RegExp,
): Known<readonly string[]> {
  const indexed = index?.get(source.address);
  if (indexed !== undefined) return indexed;
  const uevent = source.uevent();
  if (uevent !== null && uevent.driver === null) return NONE;
  const code = knownValue(classCode(source)) ?? '';
  if (!classes.test(code)) return NONE;
  // For a namespace with multipath, the class of a captured host may contain only the virtual disk.
  if (index !== null && kind === 'net') return NONE;
  if (source.has(kind)) return mapKnown(source.list(kind), (names) => [...names].sort(compareNames));
  // The driver of a network function creates its interfaces directly below it; only virtio has a device between them.
  const plain = uevent?.driver?.startsWith('virtio') === false;
  if (kind === 'net' && plain && NETWORK_CLASSES.test(code)) return NONE;
  return namesOfKind(findAttachments(source), kind);
}

const NONE: readonly string[] = [];

/**
 * The label by the firmware or the slot controller: `label` (SMBIOS type 41 or ACPI _DSM), otherwise the name of its
 * hot-plug slot.
 */
function readSlotLabel(source: DeviceSource, context: HostContext): Known<string> {
  const label = source.has('label') ? source.text('label') : null;
  if (label !== null && label !== '') return label;
  const name = context.slotNames().get(slotOf(source.address));
  return name === undefined ? null : `slot ${name}`;
}
