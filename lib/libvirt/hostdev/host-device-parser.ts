import type { PciAddress } from '../../pci/address.ts';
import { parseStationMac } from '../../pci/sriov/mac-address.ts';
import { parseGuestAddress, parseHostAddress } from '../xml/pci-address-xml.ts';
import { failInXml, type XmlDocument } from '../xml/xml-document.ts';
import { childOf, childrenOf, childText, type XmlElement } from '../xml/xml-element.ts';
import type {
  HandingDriver,
  HostDevice,
  HostdevPool,
  MediatedHostDevice,
  RomSetting,
} from './host-device.ts';

/** A device in the XML of a VM, with its element. */
export interface FoundHostDevice {
  readonly device: HostDevice;
  readonly element: XmlElement;
}

const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/;

/**
 * The devices that a VM gets through VFIO, in the order of its XML (`virsh dumpxml`). Other devices, such as USB and
 * SCSI, are skipped.
 *
 * @throws PortalGunError BAD_XML, with line and column, for an element that libvirt would not accept
 */
export function parseHostDevices(document: XmlDocument): readonly FoundHostDevice[] {
  const devices = childOf(document.root, 'devices')?.children ?? [];
  return devices.flatMap((element) => {
    const device = parseHostDevice(document, element);
    return device === null ? [] : [{ device, element }];
  });
}

/**
 * Reads one element of a VM's `<devices>`; `null` if it does not use VFIO.
 *
 * @see https://libvirt.org/formatdomain.html#host-device-assignment
 * @throws PortalGunError BAD_XML
 */
export function parseHostDevice(document: XmlDocument, element: XmlElement): HostDevice | null {
  const type = element.attributes.get('type');
  if (element.name === 'hostdev' && (element.attributes.get('mode') ?? 'subsystem') === 'subsystem') {
    if (type === 'pci') return { kind: 'hostdev', ...handed(document, element) };
    if (type === 'mdev') return parseMediated(document, element);
  }
  if (element.name !== 'interface') return null;
  if (
    type === 'hostdev' &&
    childOf(childOf(element, 'source'), 'address')?.attributes.get('type') !== 'usb'
  ) {
    return { kind: 'interface', ...handed(document, element), ...networked(document, element) };
  }
  const network = childOf(element, 'source')?.attributes.get('network');
  if (type !== 'network' || network === undefined) return null;
  return { kind: 'pool-interface', network, ...attached(document, element), ...networked(document, element) };
}

/**
 * Reads a network (`virsh net-dumpxml`); `null` if it is not a pool of VFs.
 *
 * @throws PortalGunError BAD_XML
 */
export function parseHostdevPool(document: XmlDocument): HostdevPool | null {
  const { root } = document;
  const forward = childOf(root, 'forward');
  if (root.name !== 'network' || forward?.attributes.get('mode') !== 'hostdev') return null;
  return {
    name: childText(root, 'name') ?? failInXml(document, root.start, 'has no name'),
    isManaged: forward.attributes.get('managed') === 'yes',
    pf: childOf(forward, 'pf')?.attributes.get('dev') ?? null,
    addresses: childrenOf(forward, 'address').map((address) => parseHostAddress(document, address)),
    driver: driverOf(forward),
    vlans: vlansOf(document, root),
  };
}

/** A UUID as sysfs writes it; `null` if the text is not a UUID. */
export function parseMediatedUuid(text: string): string | null {
  return UUID.exec(text.trim().toLowerCase())?.slice(1).join('-') ?? null;
}

/** Those of s390, which are not PCI devices in the guest, are skipped. */
function parseMediated(document: XmlDocument, element: XmlElement): MediatedHostDevice | null {
  if (element.attributes.get('model') !== 'vfio-pci') return null;
  const source = sourceAddress(document, element);
  const uuid = parseMediatedUuid(source.attributes.get('uuid') ?? '');
  if (uuid === null) return failInXml(document, source.start, 'has no uuid of a mediated device');
  return {
    kind: 'mdev',
    uuid,
    isDisplay: switchOf(element, 'display'),
    hasRamfb: switchOf(element, 'ramfb'),
    ...attached(document, element),
  };
}

function handed(document: XmlDocument, element: XmlElement) {
  const teaming = childOf(element, 'teaming');
  const isTransient = teaming?.attributes.get('type') === 'transient';
  return {
    address: hostAddressOf(document, element),
    isManaged: element.attributes.get('managed') === 'yes',
    driver: driverOf(element),
    persistentPeer: isTransient ? (teaming.attributes.get('persistent') ?? null) : null,
    ...attached(document, element),
  };
}

function hostAddressOf(document: XmlDocument, element: XmlElement): PciAddress {
  return parseHostAddress(document, sourceAddress(document, element));
}

function sourceAddress(document: XmlDocument, element: XmlElement): XmlElement {
  const address = childOf(childOf(element, 'source'), 'address');
  return address ?? failInXml(document, element.start, 'has no source with an address');
}

function attached(document: XmlDocument, element: XmlElement) {
  const address = childOf(element, 'address');
  return {
    alias: childOf(element, 'alias')?.attributes.get('name') ?? null,
    guestAddress: address?.attributes.get('type') === 'pci' ? parseGuestAddress(document, address) : null,
    bootOrder: bootOrderOf(document, element),
    rom: romOf(childOf(element, 'rom')),
  };
}

function networked(document: XmlDocument, element: XmlElement) {
  return { mac: macOf(document, element), vlans: vlansOf(document, element) };
}

function bootOrderOf(document: XmlDocument, element: XmlElement): number | null {
  const boot = childOf(element, 'boot');
  if (boot === undefined) return null;
  const order = boot.attributes.get('order') ?? '';
  return /^[1-9]\d{0,8}$/.test(order)
    ? Number(order)
    : failInXml(document, boot.start, `has no order from 1: "${order.slice(0, 40)}"`);
}

function romOf(rom: XmlElement | undefined): RomSetting | null {
  if (rom === undefined) return null;
  const enabled = rom.attributes.get('enabled');
  return {
    isEnabled: enabled === undefined ? null : enabled === 'yes',
    hasBar: switchOf(rom, 'bar'),
    file: rom.attributes.get('file') ?? null,
  };
}

function switchOf({ attributes }: XmlElement, name: string): boolean | null {
  const value = attributes.get(name);
  return value === undefined ? null : value === 'on';
}

function driverOf(element: XmlElement): HandingDriver | null {
  const driver = childOf(element, 'driver');
  const [name = null, model = null] = [driver?.attributes.get('name'), driver?.attributes.get('model')];
  return name === null && model === null ? null : { name, model };
}

function macOf(document: XmlDocument, element: XmlElement): string | null {
  const mac = childOf(element, 'mac');
  if (mac === undefined) return null;
  const read = parseStationMac(mac.attributes.get('address') ?? '');
  return 'mac' in read ? read.mac : failInXml(document, mac.start, 'has no MAC of one station');
}

function vlansOf(document: XmlDocument, element: XmlElement): readonly number[] {
  return childrenOf(childOf(element, 'vlan'), 'tag').map((tag) => {
    const id = tag.attributes.get('id') ?? '';
    return /^\d{1,4}$/.test(id) && Number(id) <= 4095
      ? Number(id)
      : failInXml(document, tag.start, `has no VLAN from 0 to 4095: "${id.slice(0, 40)}"`);
  });
}
