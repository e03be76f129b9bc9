import type { Known } from '../base/known.ts';
import type { PciAddress } from './address.ts';

/** A device that a machine is given. */
interface NeededDevice {
  readonly address: PciAddress;
  /** Whether it is a VF whose MAC libvirt sets through its PF. */
  readonly isInterface: boolean;
}

/** What the definition of a machine asks of its host. */
export interface MachineNeeds {
  readonly name: string;
  readonly isRunning: boolean;
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
