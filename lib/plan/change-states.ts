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

/** Whether a driver is a host driver, and not a VFIO driver. */
export function isOfHost({ driver }: DriverState): boolean {
  return driver === null || driver === DEFAULT_DRIVER || !isPassthroughDriver(driver);
}

/** The record of the bindings in the initramfs: the hook of portal-gun writes it when an initramfs is made. */
export const INITRAMFS_STATE_PATH = '/var/lib/portal-gun/initramfs';

/** The state of a generated file that must be generated again. */
export const STALE = 'stale';

/**
 * One VF: its driver, and its checked settings. The driver of a new VF can be {@link DEFAULT_DRIVER}: then any driver
 * may bind it.
 */
export interface VfState {
  readonly index: number;
  readonly settings: VfSettings;
  readonly driver: DriverState;
}

/** The VFs of a PF. */
export interface VfsState {
  readonly count: number;
  /** Whether the kernel probes for drivers of new VFs; `null` if it has no such switch. */
  readonly autoprobe: boolean | null;
  /** The VFs with requirements beyond their existence. */
  readonly vfs: readonly VfState[];
}

/** A VF by its PF: the requirement on an address that did not exist at the time of the plan. */
export interface VfPlace {
  readonly address: PciAddress;
  readonly pf: PciAddress;
  readonly index: number;
}

/** A device of the host in a running VM, as it is attached. Its alias is one of pci assign. */
export type PluggedDevice = PciHostDevice | VfInterface;
