import type { Known } from '../base/known.ts';
import type { PciAddress } from '../pci/address.ts';

/** A host device in the definition of a VM, in any form. */
export interface NeededDevice {
  /**
   * The form: an element (`hostdev`, `interface`, `nvme`), a VF of a network (`pool-interface`), a part of a function
   * (`mdev`, `vdpa`), an argument for QEMU (`argument`), or an invalid form (`unread`).
   */
  readonly kind:
    | 'hostdev'
    | 'interface'
    | 'pool-interface'
    | 'nvme'
    | 'mdev'
    | 'vdpa'
    | 'argument'
    | 'unread';
  /** Its name: its address, or the name in the definition. */
  readonly name: string;
  /** The function that the VM gets as a whole; `null` if it gets a part of one, or one of several. */
  readonly address: PciAddress | null;
  /** The functions that the VM gets, or the candidates; none if the device does not exist. */
  readonly functions: Known<readonly PciAddress[]>;
  /** The PFs of the network that provides its VF. */
  readonly carriers: readonly PciAddress[];
  /** Whether libvirt binds it to vfio-pci when the VM starts; `null` for a device that is not bound for a VM. */
  readonly isManaged: boolean | null;
  /** The identity of the device for an IOMMU of the guest; `null` if its place is unknown. */
  readonly requester: string | null;
}

/** The requirements of a VM's definition on its host. */
export interface MachineNeeds {
  readonly name: string;
  readonly isRunning: boolean;
  /** Whether its next start restores a saved state, with the devices of that time. */
  readonly hasManagedSave: boolean;
  /** Its hypervisor: `kvm`, `qemu`. */
  readonly type: string;
  readonly memoryBytes: Known<number>;
  /** The limit of memory that it can use, and so lock; `null` if libvirt computes it. */
  readonly hardLimitBytes: Known<number>;
  /** The size of the pages for its memory: 0 for the default of the host, `null` for no requirement. */
  readonly hugePageBytes: Known<number>;
  /** The IOMMU of its guest: `intel`, `virtio`; `arguments` for one that is only on the command line of QEMU. */
  readonly iommu: string | null;
  readonly wantsUefi: boolean;
  readonly wantsVirtiofs: boolean;
  /** Files that it starts with, and whether they exist: programs, firmware, ROMs. */
  readonly files: ReadonlyMap<string, Known<boolean>>;
  /** A device that occurs several times is listed several times. */
  readonly devices: readonly NeededDevice[];
}

/** The functions that a VM gets as a whole. */
export function wholeFunctions({ devices }: Pick<MachineNeeds, 'devices'>): readonly PciAddress[] {
  return devices.flatMap(({ address }) => address ?? []);
}
