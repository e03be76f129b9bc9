import { PortalGunError } from '../../base/errors.ts';
import { type PciAddress, parsePciAddress } from '../../pci/address.ts';
import type { HostDevice } from '../hostdev/host-device.ts';
import { parseHostDevice, parseMediatedUuid } from '../hostdev/host-device-parser.ts';
import { type GuestAddress, parseHostAddress, parseXmlNumber } from '../xml/pci-address-xml.ts';
import type { XmlDocument } from '../xml/xml-document.ts';
import { childOf, type XmlElement } from '../xml/xml-element.ts';
import { type QemuObject, qemuObjects } from './qemu-arguments.ts';

/** `<disk type='nvme'>`: an NVMe controller, which QEMU drives itself through VFIO. */
interface NvmeDisk {
  readonly kind: 'nvme';
  readonly address: PciAddress;
  readonly isManaged: boolean;
}

/** A network card or disk with queues in a function of the host (vDPA), by its node: `/dev/vhost-vdpa-0`. */
interface VdpaDevice {
  readonly kind: 'vdpa';
  readonly path: string;
}

/** A device in an argument for QEMU, which libvirt does not know. If all three are `null`, its name cannot be read. */
interface ArgumentDevice {
  readonly kind: 'argument';
  readonly address: PciAddress | null;
  readonly uuid: string | null;
  readonly path: string | null;
  /** The text in the document: `-device vfio-pci,host=06:00.0`. */
  readonly text: string;
}

/** An element with a device of the host, in a form that libvirt does not accept. */
interface UnreadDevice {
  readonly kind: 'unread';
  /** Its address, if that is clear anyway; `null` if it may be any. */
  readonly address: PciAddress | null;
  readonly problem: string;
}

/** Every form in which a VM's document uses a PCI device of the host, or a part of one. */
export type TakenDevice = HostDevice | NvmeDisk | VdpaDevice | ArgumentDevice | UnreadDevice;

/** A device in a VM's document, with its element. */
export interface FoundDevice {
  readonly device: TakenDevice;
  readonly element: XmlElement;
}

/**
 * All uses of the host's PCI devices in a VM's document, in any form, in the order of the document: `<hostdev>` (PCI,
 * mdev), `<interface>` (hostdev, network, vdpa), `<disk>` (nvme, vhostvdpa), and arguments for QEMU (vfio-pci, nvme,
 * vDPA). An `<interface>` of a network uses a VF only if the network is a pool of VFs, which the document does not
 * show. Never throws: an invalid element is `unread`.
 */
export function takenDevices(document: XmlDocument): readonly FoundDevice[] {
  const elements = childOf(document.root, 'devices')?.children ?? [];
  return [
    ...elements.flatMap((element) => devicesIn(document, element).map((device) => ({ device, element }))),
    ...qemuObjects(document.root).flatMap((object) => {
      const device = argumentDevice(object);
      return device === null ? [] : [{ device, element: object.element }];
    }),
  ];
}

function devicesIn(document: XmlDocument, element: XmlElement): readonly TakenDevice[] {
  try {
    if (element.name === 'disk') return diskDevices(document, element);
    const vdpa = element.attributes.get('type') === 'vdpa' ? pathOf(element) : null;
    if (vdpa !== null && ['interface', 'hostdev'].includes(element.name))
      return [{ kind: 'vdpa', path: vdpa }];
    const device = parseHostDevice(document, element);
    return device === null ? [] : [device];
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    const problem = `${error.message} (${error.subject})`;
    return [{ kind: 'unread', address: plainAddress(document, element), problem }];
  }
}

function plainAddress(document: XmlDocument, element: XmlElement): PciAddress | null {
  const address = childOf(childOf(element, 'source'), 'address');
  if (address === undefined) return null;
  try {
    return parseHostAddress(document, address);
  } catch (error) {
    if (error instanceof PortalGunError) return null;
    throw error;
  }
}

/** A disk, its mirror, and its backing chain. */
function diskDevices(document: XmlDocument, element: XmlElement): readonly TakenDevice[] {
  const below = element.children
    .filter(({ name }) => ['backingStore', 'mirror', 'source', 'dataStore'].includes(name))
    .flatMap((child) => diskDevices(document, child));
  const source = childOf(element, 'source');
  const type = element.attributes.get('type');
  if (source === undefined) return below;
  if (type === 'vhostvdpa') {
    const path = pathOf(element);
    return path === null ? below : [{ kind: 'vdpa', path }, ...below];
  }
  // The element of the address names the controller, whatever the type of the disk is.
  const address = childOf(source, 'address');
  if (type !== 'nvme' && source.attributes.get('type') !== 'pci') return below;
  if (address === undefined)
    return [{ kind: 'unread', address: null, problem: 'has no address (disk of NVMe)' }, ...below];
  const isManaged = source.attributes.get('managed') === 'yes';
  return [{ kind: 'nvme', address: parseHostAddress(document, address), isManaged }, ...below];
}

function pathOf(element: XmlElement): string | null {
  return childOf(element, 'source')?.attributes.get('dev') ?? null;
}

const VFIO_DRIVER = /^(vfio-pci|(kvm-)?pci-assign)\b/;
const VDPA_NODE = /^\/dev\/vhost-vdpa-\d+$/;

/** The host device of a QEMU object; `null` if it has none. */
function argumentDevice({ option, properties }: QemuObject): ArgumentDevice | null {
  const values = [...properties];
  const text = `${option} ${values.map(([key, value]) => `${key}=${value}`).join(',')}`.slice(0, 200);
  const nothing = { kind: 'argument', address: null, uuid: null, path: null, text } as const;
  const vdpa = values.find(([, value]) => VDPA_NODE.test(value))?.[1];
  if (vdpa !== undefined) return { ...nothing, path: vdpa };
  const nvme = values.flatMap(([key, value]) => {
    const url = /nvme:\/\/([\da-f:.]+)/i.exec(value)?.[1];
    if (url !== undefined) return [url];
    const of = /^(.*?)driver$/.exec(key)?.[1];
    return value === 'nvme' && of !== undefined ? (properties.get(`${of}device`) ?? []) : [];
  })[0];
  if (nvme !== undefined) return { ...nothing, address: parsePciAddress(nvme) ?? null };
  const isVfio = VFIO_DRIVER.test(properties.get('driver') ?? '');
  const [host, path] = [properties.get('host'), properties.get('sysfsdev')];
  // A file of arguments may contain anything.
  if (option === '-readconfig') return nothing;
  if (!isVfio && !(option === '-set' && (host !== undefined || path !== undefined))) return null;
  const last = host ?? path?.replace(/\/+$/, '').split('/').at(-1) ?? '';
  return { ...nothing, address: parsePciAddress(last) ?? null, uuid: parseMediatedUuid(last) };
}

/**
 * The guest slots that arguments for QEMU use: `bus=pci.0,addr=3.0`. QEMU reads them as hex, and names the bus of
 * libvirt's controller N `pci.N`; that of a PCI Express root is `pcie.0`.
 */
export function argumentSlots(root: XmlElement): readonly Pick<GuestAddress, 'bus' | 'slot' | 'function'>[] {
  return qemuObjects(root).flatMap(({ option, properties }) => {
    if (option !== '-device') return [];
    const [, number] = /^pcie?\.(\d{1,3})$/.exec(properties.get('bus') ?? 'pci.0') ?? [];
    if (number === undefined) return [];
    const [, rawSlot, rawFunction = '0'] =
      /^(0x[\da-f]{1,2}|[\da-f]{1,2})(?:\.([0-7]))?$/i.exec(properties.get('addr') ?? '') ?? [];
    // Without an address QEMU uses a free one, which on a bus with one slot is that slot.
    if (rawSlot === undefined && !properties.has('bus')) return [];
    const slot = rawSlot === undefined ? 0 : Number.parseInt(rawSlot, 16);
    return [{ bus: Number(number), slot, function: Number(rawFunction) }];
  });
}

/** The index of a PCI controller; `null` if it has none, or one that libvirt does not accept. */
export function controllerIndex({ attributes }: XmlElement): number | null {
  const raw = attributes.get('index');
  const index = raw === undefined ? undefined : parseXmlNumber(raw);
  return index === undefined || index > 0xffff ? null : index;
}
