import type { PciHostDevice, VfInterface } from '../libvirt/hostdev/host-device.ts';
import type { PciAddress } from '../pci/address.ts';
import type { VfSettings } from '../pci/sriov/vf-settings.ts';
import { isPassthroughDriver } from '../pci/vfio-state.ts';

/** The driver of a function, and its `driver_override`; `null` for none. */
export interface DriverState {
  readonly driver: string | null;
  readonly override: string | null;
}

/** As the driver of a goal: any driver that the kernel finds, or none, but not a VFIO driver. */
export const DEFAULT_DRIVER = '*';

/** Whether a driver is one of the host, and none that hands devices to VMs. */
export function isOfHost({ driver }: DriverState): boolean {
  return driver === null || driver === DEFAULT_DRIVER || !isPassthroughDriver(driver);
}

/** Where it is kept which bindings the initial RAM disks hold: written by our hook when one is made. */
export const INITRAMFS_STATE_PATH = '/var/lib/portal-gun/initramfs';

/** As the state of what is made from files: it is to be made anew. */
export const STALE = 'stale';

/**
 * One VF: its driver, and those of its settings that are checked. The driver of a new VF can be {@link DEFAULT_DRIVER}:
 * then any driver may take it.
 */
export interface VfState {
  readonly index: number;
  readonly settings: VfSettings;
  readonly driver: DriverState;
}

/** The VFs of a PF. */
export interface VfsState {
  readonly count: number;
  /** Whether the kernel looks for drivers for new VFs; `null` where it has no such switch. */
  readonly autoprobe: boolean | null;
  /** Those VFs of which more counts than that they are there. */
  readonly vfs: readonly VfState[];
}

/** A VF by its PF: what an address has to be of where it was not there when that was planned. */
export interface VfPlace {
  readonly address: PciAddress;
  readonly pf: PciAddress;
  readonly index: number;
}

/** A device of the host in a machine that runs, as it is plugged in. Its alias is one of ours. */
export type PluggedDevice = PciHostDevice | VfInterface;
