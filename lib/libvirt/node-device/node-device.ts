import { type PciAddress, parsePciAddress } from '../../pci/address.ts';
import type { Vpd } from '../../pci/config/vpd.ts';

/** The facts that libvirt has about a hardware device of the host. What its document does not say is `null`. */
export interface NodeDevice {
  /** libvirt's own: `pci_0000_01_00_0`, `net_enp1s0_52_54_00_12_34_56`. */
  readonly name: string | null;
  /** Its directory in sysfs. */
  readonly path: string | null;
  /** The name of what it hangs on; `computer` for what hangs on nothing. */
  readonly parent: string | null;
  readonly driver: string | null;
  /** Its nodes in `/dev`, and the links to them. */
  readonly devnodes: readonly string[];
  readonly capability: NodeCapability;
}

/** The kind of a device, with the facts that are read for that kind; `other` for kinds without such facts. */
export type NodeCapability =
  | PciCapability
  | NetCapability
  | StorageCapability
  | UsbDeviceCapability
  | DrmCapability
  | ScsiHostCapability
  | MdevCapability
  | { readonly kind: 'other'; readonly type: string };

/** A function on the PCI bus. */
export interface PciCapability {
  readonly kind: 'pci';
  /** From the numbers of domain, bus, slot and function, whatever the name and the path say. */
  readonly address: PciAddress;
  /** Six hex digits; `null` where libvirt is too old to tell it. */
  readonly classCode: string | null;
  readonly vendor: NodeId | null;
  readonly product: NodeId | null;
  readonly numaNode: number | null;
  readonly iommuGroup: NodeIommuGroup | null;
  /** Its link, where it has one. */
  readonly link: NodeLink | null;
  /** What it is where it is a physical function of SR-IOV. */
  readonly virtualFunctions: NodeVirtualFunctions | null;
  /** The physical function, where it is a virtual one. */
  readonly physicalFunction: PciAddress | null;
  /** What its header says that it bridges to; `null` for what is no bridge. */
  readonly bridge: 'pci-bridge' | 'cardbus-bridge' | null;
  readonly mdevTypes: readonly MdevType[];
  readonly vpd: Vpd | null;
}

/** Four hex digits, and the name that the list of PCI ids on libvirt's host has. */
export interface NodeId {
  readonly id: string;
  readonly name: string | null;
}

export interface NodeIommuGroup {
  readonly number: number;
  /** Itself among them. */
  readonly members: readonly PciAddress[];
}

/** The speed in gigatransfers per second, and the lanes. */
export interface NodeLinkState {
  readonly speedGts: number | null;
  readonly width: number | null;
}

export interface NodeLink {
  readonly port: number | null;
  /** What it can do, and what it does. */
  readonly max: NodeLinkState | null;
  readonly current: NodeLinkState | null;
}

export interface NodeVirtualFunctions {
  /** The most that there can be; `null` where libvirt is too old to tell it. */
  readonly max: number | null;
  /** In the order of their index. */
  readonly addresses: readonly PciAddress[];
}

/** A kind of mediated device that can be created. */
export interface MdevType {
  readonly id: string;
  readonly name: string | null;
  /** `vfio-pci`. */
  readonly deviceApi: string | null;
  /** How many more of it can be made. */
  readonly availableInstances: number | null;
}

interface NetCapability {
  readonly kind: 'net';
  readonly interface: string;
  /** Lower case. */
  readonly mac: string | null;
  /** The kernel's word: `up`, `down`, `unknown`. */
  readonly state: string | null;
}

/** A disk, as a whole. */
interface StorageCapability {
  readonly kind: 'storage';
  /** `/dev/sda`. */
  readonly node: string | null;
  readonly serial: string | null;
  readonly sizeBytes: number | null;
}

interface UsbDeviceCapability {
  readonly kind: 'usb_device';
  readonly vendor: NodeId | null;
  readonly product: NodeId | null;
}

interface DrmCapability {
  readonly kind: 'drm';
  /** `primary`, `render`, `control`. */
  readonly type: string | null;
}

interface ScsiHostCapability {
  readonly kind: 'scsi_host';
  readonly host: number | null;
}

/** A mediated device. */
interface MdevCapability {
  readonly kind: 'mdev';
  /** Of its {@link MdevType}. */
  readonly typeId: string | null;
  readonly uuid: string | null;
  readonly iommuGroup: number | null;
}

/** Something that a document says of a PCI function in two places, and not the same. */
export interface Contradiction {
  /** What of the document does not go with its numbers. */
  readonly about: 'name' | 'path' | 'group' | 'sriov';
  /** A sentence. */
  readonly message: string;
}

/**
 * The facts of a PCI function that a document gives in several places with different values. libvirt uses only the
 * numbers.
 */
export function contradictionsOf({ name, path, capability }: NodeDevice): readonly Contradiction[] {
  if (capability.kind !== 'pci') return [];
  const { address, iommuGroup, physicalFunction, virtualFunctions } = capability;
  const named = name === null ? undefined : parsePciAddress(name);
  const placed = path === null ? undefined : parsePciAddress(path);
  const is = `its numbers are those of ${address}`;
  const others = virtualFunctions?.addresses ?? [];
  const members = iommuGroup?.members ?? [];
  const found: Contradiction[] = [];
  if (named !== undefined && named !== address)
    found.push({ about: 'name', message: `its name is that of ${named}, and ${is}` });
  if (placed !== undefined && placed !== address)
    found.push({ about: 'path', message: `its path is that of ${placed}, and ${is}` });
  if (members.length > 0 && !members.includes(address))
    found.push({ about: 'group', message: `its IOMMU group has ${members.join(', ')}, and not ${address}` });
  if (physicalFunction === address || others.includes(address))
    found.push({ about: 'sriov', message: `it is a virtual function of itself: ${address}` });
  if (physicalFunction !== null && others.length > 0)
    found.push({ about: 'sriov', message: `it is a virtual function, of ${physicalFunction}, and has some` });
  return found;
}
