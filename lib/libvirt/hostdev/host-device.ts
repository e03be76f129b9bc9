import type { PciAddress } from '../../pci/address.ts';
import type { GuestAddress } from '../xml/pci-address-xml.ts';

/** What the guest is told of a device's option ROM. */
export interface RomSetting {
  /** `false` keeps it from being loaded at all; `null` where nothing is said. */
  readonly isEnabled: boolean | null;
  /** Whether the guest sees the BAR of the ROM. */
  readonly hasBar: boolean | null;
  /** A file that it is read from, in place of the device: an absolute path of the host. */
  readonly file: string | null;
}

/** Which driver of the host hands the device over. */
export interface HandingDriver {
  /** `vfio`, and nothing else with a libvirt of today. */
  readonly name: string | null;
  /** A driver of VFIO for this kind of device alone: `mlx5_vfio_pci`. libvirt 10.0 and later. */
  readonly model: string | null;
}

/** What every device that a machine gets may say. */
interface Attached {
  /** Its name in the machine. Such as are not libvirt's own begin with `ua-`. */
  readonly alias: string | null;
  /** Where the guest sees it; `null` where libvirt is to choose. */
  readonly guestAddress: GuestAddress | null;
  /** Its place among what the firmware boots from, from 1. */
  readonly bootOrder: number | null;
  readonly rom: RomSetting | null;
}

/** A device of the host itself. */
interface Handed extends Attached {
  readonly address: PciAddress;
  /** Whether libvirt binds it to vfio-pci at the machine's start, and back when it ends. */
  readonly isManaged: boolean;
  readonly driver: HandingDriver | null;
  /** The alias of the interface that stands in while this device is away (`failover`). */
  readonly persistentPeer: string | null;
}

/** What an interface of a machine may say. */
interface Networked {
  /** Lower case; `null` where libvirt makes one up when the machine is defined. */
  readonly mac: string | null;
  /** 1 to 4094; several where a trunk is asked for, which no virtual function can do. */
  readonly vlans: readonly number[];
}

/** `<hostdev mode='subsystem' type='pci'>`: any PCI function. */
export interface PciHostDevice extends Handed {
  readonly kind: 'hostdev';
}

/** `<interface type='hostdev'>`: a VF of a network card, whose MAC and VLAN libvirt sets through the PF. */
export interface VfInterface extends Handed, Networked {
  readonly kind: 'interface';
}

/** `<interface type='network'>`: whichever VF a network that is a pool of them has free. */
interface PoolInterface extends Attached, Networked {
  readonly kind: 'pool-interface';
  readonly network: string;
}

/** `<hostdev mode='subsystem' type='mdev' model='vfio-pci'>`: a mediated device, which a driver makes of a part of another. */
export interface MediatedHostDevice extends Attached {
  readonly kind: 'mdev';
  /** Lower case, with hyphens. */
  readonly uuid: string;
  /** Whether it is a display of the guest, and from the firmware on; `null` where nothing is said. */
  readonly isDisplay: boolean | null;
  readonly hasRamfb: boolean | null;
}

/** A device that a machine gets through VFIO. */
export type HostDevice = PciHostDevice | VfInterface | PoolInterface | MediatedHostDevice;

/** A network that is a pool of VFs: each interface of it gets a free VF. */
export interface HostdevPool {
  readonly name: string;
  readonly isManaged: boolean;
  /** The interface of the PF whose VFs they are; `null` where they are named one by one. */
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
