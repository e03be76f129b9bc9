import { knownValue } from '../../base/known.ts';
import type { DeviceWith } from '../../pci/device.ts';

/** Whether a function is known to support VFs, by its registers or by its driver. */
export function hasSriov(device: DeviceWith<'config' | 'sriov'>): boolean {
  const registers = knownValue(knownValue(device.config)?.sriov ?? null);
  return (registers?.totalVfs ?? 0) > 0 || (vfsOfDriver(device) ?? 0) > 0;
}

/** The number of VFs that kernel and driver allow; undefined if it is unknown. */
export function vfsOfDriver({ sriov }: DeviceWith<'sriov'>): number | undefined {
  if (sriov === null) return 0;
  const role = knownValue(sriov);
  if (role?.role !== 'pf') return undefined;
  return knownValue(role.totalVfs);
}

export const NO_VFS_REMEDY =
  'bind it to its own driver (pci unbind), and check the settings of that driver for the number of VFs';
