import type { PciAddress } from '../../pci/address.ts';
import type { GuestAddress } from '../xml/pci-address-xml.ts';

/** The option ROM of a device for the guest. */
export interface RomSetting {
  /** `false` prevents loading it; `null` if it is not set. */
  readonly isEnabled: boolean | null;
  /** Whether the guest sees the BAR of the ROM. */
  readonly hasBar: boolean | null;
  /** A file to load instead of the ROM of the device: an absolute path of the host. */
  readonly file: string | null;
}

/** The host driver that passes the device through. */
export interface HandingDriver {
  /** `vfio`, the only value of current libvirt. */
  readonly name: string | null;
  /** A VFIO driver only for this kind of device: `mlx5_vfio_pci`. libvirt 10.0 and newer. */
  readonly model: string | null;
}

/** The attributes of every device of a VM. */
interface Attached {
  /** Its name in the VM. Names that libvirt did not generate begin with `ua-`. */
  readonly alias: string | null;
  /** Its address in the guest; `null` if libvirt chooses it. */
  readonly guestAddress: GuestAddress | null;
  /** Its position in the boot order of the firmware, from 1. */
  readonly bootOrder: number | null;
  readonly rom: RomSetting | null;
}

/** A device of the host itself. */
interface Handed extends Attached {
  readonly address: PciAddress;
  /** Whether libvirt binds it to vfio-pci when the VM starts, and returns it when the VM ends. */
  readonly isManaged: boolean;
  readonly driver: HandingDriver | null;
  /** The alias of the interface that replaces this device while it is unplugged (`failover`). */
  readonly persistentPeer: string | null;
}

/** The attributes of an interface of a VM. */
interface Networked {
  /** Lower case; `null` if libvirt generates one when the VM is defined. */
  readonly mac: string | null;
  /** 1 to 4094; several for a trunk, which no VF supports. */
  readonly vlans: readonly number[];
}

/** `<hostdev mode='subsystem' type='pci'>`: any PCI function. */
export interface PciHostDevice extends Handed {
  readonly kind: 'hostdev';
}

/** `<interface type='hostdev'>`: a VF of a network card; libvirt sets its MAC and VLAN through the PF. */
export interface VfInterface extends Handed, Networked {
  readonly kind: 'interface';
}

/** `<interface type='network'>`: any free VF of a network that is a pool of VFs. */
interface PoolInterface extends Attached, Networked {
  readonly kind: 'pool-interface';
  readonly network: string;
}

/**
 * `<hostdev mode='subsystem' type='mdev' model='vfio-pci'>`: a mediated device, which a driver creates from a part of
 * another.
 */
export interface MediatedHostDevice extends Attached {
  readonly kind: 'mdev';
  /** Lower case, with hyphens. */
  readonly uuid: string;
  /** Whether it is a display of the guest, already for the firmware; `null` if it is not set. */
  readonly isDisplay: boolean | null;
  readonly hasRamfb: boolean | null;
}

/** A device that a VM gets through VFIO. */
export type HostDevice = PciHostDevice | VfInterface | PoolInterface | MediatedHostDevice;

/** A network that is a pool of VFs: each interface of it gets a free VF. */
export interface HostdevPool {
  readonly name: string;
  readonly isManaged: boolean;
  /** The interface of the PF with the VFs; `null` if they are listed one by one. */
  readonly pf: string | null;
  readonly addresses: readonly PciAddress[];
  readonly driver: HandingDriver | null;
  readonly vlans: readonly number[];
}

/** A device of the host, passed through with default options. */
export function plainHostDevice(address: PciAddress): PciHostDevice {
  return {
    kind: 'hostdev',
    address,
    isManaged: true,
    driver: null,
    persistentPeer: null,
    alias: null,
    guestAddress: null,
    bootOrder: null,
    rom: null,
  };
}

/** A VF of a network card as an interface, with default options. */
export function plainVfInterface(address: PciAddress): VfInterface {
  return { ...plainHostDevice(address), kind: 'interface', mac: null, vlans: [] };
}
