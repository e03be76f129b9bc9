import { type PciAddress, parsePciAddress } from '../../pci/address.ts';
import type { Vpd } from '../../pci/config/vpd.ts';

/**
 * The facts that libvirt has about a hardware device of the host. A fact that its document does not contain is
 * `null`.
 */
export interface NodeDevice {
  /** libvirt's own: `pci_0000_01_00_0`, `net_enp1s0_52_54_00_12_34_56`. */
  readonly name: string | null;
  /** Its directory in sysfs. */
  readonly path: string | null;
  /** The name of its parent device; `computer` for a device without a parent. */
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
  /** From the numbers of domain, bus, slot and function, and not from the name and the path. */
  readonly address: PciAddress;
  /** Six hex digits; `null` if libvirt is too old to report it. */
  readonly classCode: string | null;
  readonly vendor: NodeId | null;
  readonly product: NodeId | null;
  readonly numaNode: number | null;
  readonly iommuGroup: NodeIommuGroup | null;
  /** Its link, if it has one. */
  readonly link: NodeLink | null;
  /** Its VFs, if it is a PF. */
  readonly virtualFunctions: NodeVirtualFunctions | null;
  /** Its PF, if it is a VF. */
  readonly physicalFunction: PciAddress | null;
  /** The bridge type in its header; `null` if it is not a bridge. */
  readonly bridge: 'pci-bridge' | 'cardbus-bridge' | null;
  readonly mdevTypes: readonly MdevType[];
  readonly vpd: Vpd | null;
}

/** Four hex digits, and the name in the PCI ids of libvirt's host. */
export interface NodeId {
  readonly id: string;
  readonly name: string | null;
}

export interface NodeIommuGroup {
  readonly number: number;
  /** Includes the device itself. */
  readonly members: readonly PciAddress[];
}

/** The speed in gigatransfers per second, and the number of lanes. */
export interface NodeLinkState {
  readonly speedGts: number | null;
  readonly width: number | null;
}

export interface NodeLink {
  readonly port: number | null;
  /** The maximum and the current state. */
  readonly max: NodeLinkState | null;
  readonly current: NodeLinkState | null;
}

export interface NodeVirtualFunctions {
  /** The maximum number; `null` if libvirt is too old to report it. */
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
  /** The number that can still be created. */
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

/** A whole disk. */
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
  /** The id of its {@link MdevType}. */
  readonly typeId: string | null;
  readonly uuid: string | null;
  readonly iommuGroup: number | null;
}

/** A fact of a PCI function that a document gives in two places with different values. */
export interface Contradiction {
  /** The part of the document that contradicts its numbers. */
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
    found.push({ about: 'sriov', message: `it is a VF of itself: ${address}` });
  if (physicalFunction !== null && others.length > 0)
    found.push({ about: 'sriov', message: `it is a virtual function, of ${physicalFunction}, and has some` });
  return found;
}
