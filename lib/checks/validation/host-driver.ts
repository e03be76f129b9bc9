import { knownValue } from '../../base/known.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { staysWithHost } from '../../pci/group/iommu-group.ts';
import { isPassthroughDriver } from '../../pci/vfio-state.ts';

/** Whether a host driver has a function, or may have it, so that programs can use it. Bridges do not count. */
export function isOfHost(device: DeviceWith<'driver' | 'class' | 'config'>): boolean {
  if (device.driver === null || staysWithHost(device)) return false;
  const driver = knownValue(device.driver);
  return driver === undefined || !isPassthroughDriver(driver);
}
