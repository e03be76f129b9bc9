import type { Diagnostic } from '../../base/diagnostic.ts';
import { type Known, UNREAD } from '../../base/known.ts';
import { comparePciAddresses, isPciAddress, type PciAddress, parsePciAddress } from '../../pci/address.ts';
import type { PciDevice } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import type { PcieLink } from '../../pci/link.ts';
import { parseLocation } from '../../pci/location.ts';
import type { PciNames } from '../../pci/pci-ids.ts';
import type { SriovRole } from '../../pci/sriov/sriov.ts';
import { contradictionsOf, type NodeDevice, type NodeLink, type PciCapability } from './node-device.ts';
import type { NodeKind, NodeReading } from './read-node-devices.ts';

interface PciNode extends NodeDevice {
  readonly capability: PciCapability;
}

/**
 * The PCI functions of a host, with the facts that its libvirt reports; all other facts are `unread`. In documents of
 * libvirt, an absent fact and an unsupported one look the same. They are `null` for facts that libvirt reports for
 * every device that has them (driver, group, NUMA node, SR-IOV, kinds of mediated devices), and `unread` for facts
 * that it may not support.
 *
 * @param kinds that were read: without `net` and `storage` the attachments of a device are unknown
 * @param uri of that libvirt
 */
export function toInventory(
  { hostName, devices, diagnostics }: NodeReading,
  kinds: readonly NodeKind[],
  names: PciNames,
  uri: string,
): Inventory {
  const problems: Diagnostic[] = [...diagnostics];
  const nodes = new Map<PciAddress, PciNode>();
  for (const device of devices) {
    if (!isPci(device)) continue;
    const { address } = device.capability;
    for (const { message } of contradictionsOf(device))
      problems.push({ subject: address, code: 'ATTRIBUTES_DISAGREE', message });
    if (nodes.has(address)) {
      const message = `is the address of several node devices: ${device.name} is left out`;
      problems.push({ subject: address, code: 'ATTRIBUTES_DISAGREE', message });
    } else nodes.set(address, device);
  }
  const things = thingsByFunction(devices);
  const functions = [...nodes.values()].map((node) => toDevice(node, nodes, things, kinds, names));
  return {
    host: { label: hostName ?? uri, libvirt: uri },
    devices: functions.sort((a, b) => comparePciAddresses(a.address, b.address)),
    iommu: functions.some(({ iommuGroup }) => iommuGroup !== null),
    diagnostics: problems,
  };
}

function isPci(device: NodeDevice): device is PciNode {
  return device.capability.kind === 'pci';
}

function toDevice(
  { path, driver, capability }: PciNode,
  nodes: ReadonlyMap<PciAddress, PciNode>,
  things: Things,
  kinds: readonly NodeKind[],
  names: PciNames,
): PciDevice {
  const { address, vendor, product, classCode } = capability;
  return {
    address,
    location: (path === null ? undefined : parseLocation(path, address)) ?? UNREAD,
    class: classCode === null ? UNREAD : { code: classCode, name: names.deviceClass(classCode) },
    vendor: vendor && { id: vendor.id, name: names.vendor(vendor.id) ?? vendor.name },
    device: product && {
      id: product.id,
      name: (vendor && names.device(vendor.id, product.id)) ?? product.name,
    },
    subsystem: UNREAD,
    revision: UNREAD,
    driver,
    driverOverride: UNREAD,
    modules: UNREAD,
    iommuGroup: capability.iommuGroup?.number ?? null,
    numaNode: capability.numaNode,
    bars: UNREAD,
    rom: UNREAD,
    resetMethods: UNREAD,
    powerState: UNREAD,
    bootVga: UNREAD,
    sriov: toRole(capability, nodes),
    link: capability.link === null ? UNREAD : toLink(capability.link),
    config: UNREAD,
    netInterfaces: kinds.includes('net') ? (things.interfaces.get(address) ?? []) : UNREAD,
    blockDevices: kinds.includes('storage') ? disksOf(capability, things) : UNREAD,
    attachments: UNREAD,
    lastSeen: UNREAD,
    mdevTypes: capability.mdevTypes.length === 0 ? null : capability.mdevTypes.map(({ id }) => id),
    vfio: UNREAD,
    vpd: capability.vpd ?? UNREAD,
    slotLabel: UNREAD,
  };
}

/**
 * The disk of an NVMe controller with multipath has none of the controllers as parent, and libvirt does not report
 * possible ones, so the absence of disks proves nothing.
 */
function disksOf({ address, classCode }: PciCapability, { disks }: Things): Known<readonly string[]> {
  const mayHide = classCode === null || classCode.startsWith('0108');
  return disks.get(address) ?? (mayHide ? UNREAD : []);
}

function toRole(
  { address, physicalFunction, virtualFunctions }: PciCapability,
  nodes: ReadonlyMap<PciAddress, PciNode>,
): Known<SriovRole> {
  if (physicalFunction !== null) {
    const siblings = nodes.get(physicalFunction)?.capability.virtualFunctions?.addresses ?? [];
    const index = siblings.indexOf(address);
    return { role: 'vf', physicalFunction, index: index < 0 ? null : index };
  }
  if (virtualFunctions === null) return null;
  return {
    role: 'pf',
    totalVfs: virtualFunctions.max ?? UNREAD,
    numVfs: virtualFunctions.addresses.length,
    autoprobe: UNREAD,
    offset: UNREAD,
    stride: UNREAD,
    vfDeviceId: UNREAD,
    virtualFunctions: virtualFunctions.addresses,
  };
}

function toLink({ max, current }: NodeLink): PcieLink {
  return {
    currentSpeedGts: current === null ? UNREAD : current.speedGts,
    currentWidth: current === null ? UNREAD : current.width,
    maxSpeedGts: max === null ? UNREAD : max.speedGts,
    maxWidth: max === null ? UNREAD : max.width,
  };
}

/** Names of the attachments of each function, sorted. */
interface Things {
  readonly interfaces: ReadonlyMap<PciAddress, readonly string[]>;
  readonly disks: ReadonlyMap<PciAddress, readonly string[]>;
}

function thingsByFunction(devices: readonly NodeDevice[]): Things {
  const interfaces = new Map<PciAddress, string[]>();
  const disks = new Map<PciAddress, string[]>();
  const put = (places: Map<PciAddress, string[]>, device: NodeDevice, name: string): void => {
    const address = functionAbove(device);
    if (address !== undefined) places.set(address, [...(places.get(address) ?? []), name].sort());
  };
  for (const device of devices) {
    const { capability } = device;
    if (capability.kind === 'net') put(interfaces, device, capability.interface);
    if (capability.kind === 'storage' && capability.node !== null)
      put(disks, device, capability.node.replace(/^\/dev\//, ''));
  }
  return { interfaces, disks };
}

/** The function of a device, by its path, or by the name of its parent if that is a function. */
function functionAbove({ path, parent }: NodeDevice): PciAddress | undefined {
  const above = path?.split('/').filter(isPciAddress).at(-1);
  return above ?? (parent?.startsWith('pci_') === true ? parsePciAddress(parent) : undefined);
}
