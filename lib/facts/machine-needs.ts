import type { Known } from '../base/known.ts';
import type { PciAddress } from '../pci/address.ts';

/** A device that a machine takes, in whatever way. */
export interface NeededDevice {
  /**
   * How: as an element (`hostdev`, `interface`, `nvme`), as one of a network (`pool-interface`), as a part of a function (`mdev`,
   * `vdpa`), by an argument for QEMU (`argument`), or in a way that makes no sense (`unread`).
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
  /** What it is called: its address, or what else the definition names it by. */
  readonly name: string;
  /** The function that it takes as a whole; `null` where it takes a part of one, or one of several. */
  readonly address: PciAddress | null;
  /** The functions that it takes, or one of which; none where it is not there. */
  readonly functions: Known<readonly PciAddress[]>;
  /** The PFs whose VFs it takes from a network. */
  readonly carriers: readonly PciAddress[];
  /** Whether libvirt binds it to vfio-pci at the machine's start; `null` for what is not bound for a machine. */
  readonly isManaged: boolean | null;
  /** By what an IOMMU of the guest tells it from others; `null` where its place is not known. */
  readonly requester: string | null;
}

/** What the definition of a machine asks of its host. */
export interface MachineNeeds {
  readonly name: string;
  readonly isRunning: boolean;
  /** Whether its next start restores a state that was saved, with the devices that it had then. */
  readonly hasManagedSave: boolean;
  /** By what it runs: `kvm`, `qemu`. */
  readonly type: string;
  readonly memoryBytes: Known<number>;
  /** What it may take of memory, and so lock; `null` where libvirt reckons that out. */
  readonly hardLimitBytes: Known<number>;
  /** The size of the pages that its memory is to be in: 0 for the host's usual one, `null` for none in particular. */
  readonly hugePageBytes: Known<number>;
  /** The IOMMU that its guest sees: `intel`, `virtio`; one that is on QEMU's command line alone is `arguments`. */
  readonly iommu: string | null;
  readonly wantsUefi: boolean;
  readonly wantsVirtiofs: boolean;
  /** Files that it starts with, and whether they are there: programs, firmware, ROMs. */
  readonly files: ReadonlyMap<string, Known<boolean>>;
  /** Where several times the same, several times. */
  readonly devices: readonly NeededDevice[];
}

/** The functions that a machine takes as a whole. */
export function wholeFunctions({ devices }: Pick<MachineNeeds, 'devices'>): readonly PciAddress[] {
  return devices.flatMap(({ address }) => address ?? []);
}
