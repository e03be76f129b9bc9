import { isUnknown, type Known, knownValue } from '../base/known.ts';

/** The state of VFIO and a vGPU driver for a function, from sysfs. */
export interface VfioState {
  /** The entry in `vfio-dev/`, by which user space opens the function: `vfio0`. `null` if there is none. */
  readonly node: string | null;
  /** `nvidia/current_vgpu_type`: 0 if the VF has no vGPU type yet; `null` if its driver does not create vGPUs. */
  readonly vgpuType: Known<number>;
}

interface OnDriver {
  readonly driver: Known<string>;
  readonly vfio: Known<VfioState>;
}

// Drivers that leave DMA to user space; the names of VFIO variant drivers contain it (mlx5_vfio_pci).
const USER_DRIVER = /^(vfio-pci|pci-stub|.+[-_]vfio[-_]pci)$/;

/** Whether a driver leaves the DMA of the device to user space, as the kernel requires for every member of a group. */
export function isPassthroughDriver(driver: string): boolean {
  return USER_DRIVER.test(driver);
}

/**
 * Whether a function can be passed through on its current driver: a VFIO driver by its name, or a driver that
 * registered the function with VFIO. The VF of a vGPU also needs a vGPU type.
 */
export function isWithVfio(device: OnDriver): boolean {
  return isPassthroughDriver(knownValue(device.driver) ?? '') || ownVfioDriver(device) !== null;
}

/**
 * The driver that passes a function through itself, and is neither vfio-pci nor pci-stub: `mlx5_vfio_pci`, or
 * `nvidia` for a VF with a vGPU. `null` if there is none. On vfio-pci such a function loses its features.
 */
export function ownVfioDriver(device: OnDriver): string | null {
  const driver = knownValue(device.driver);
  if (driver === undefined || driver === 'vfio-pci' || driver === 'pci-stub') return null;
  if (isPassthroughDriver(driver)) return driver;
  const state = knownValue(device.vfio);
  const type = knownValue(state?.vgpuType ?? null);
  if (state === undefined || isUnknown(state.vgpuType) || type === 0) return null;
  return state.node !== null || type !== undefined ? driver : null;
}

/**
 * Why a function must stay on a driver that is not a VFIO driver by its name; `null` if it can be bound to vfio-pci.
 * A vGPU exists only while its VF is on the driver that created it.
 */
export function boundToOwnDriver(device: OnDriver): string | null {
  const driver = knownValue(device.driver);
  if (driver === undefined || isPassthroughDriver(driver)) return null;
  const state = knownValue(device.vfio);
  if (state === undefined) return null;
  if (isUnknown(state.vgpuType)) return `cannot read whether it has a vGPU type (driver ${driver})`;
  if (state.vgpuType === 0) return `has no vGPU type yet (driver ${driver})`;
  return ownVfioDriver(device) === null ? null : `${driver} gives it to VMs itself; vfio-pci would end that`;
}
