import { PortalGunError } from '../../base/errors.ts';
import type { HostReader } from '../../host/host-reader.ts';
import { iommuAdvice } from '../../pci/group/iommu-state.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { readIommuState } from '../../sysfs/iommu-state.ts';

/**
 * Refuses to pass through devices of a host without an IOMMU, or if that is unknown.
 *
 * @throws PortalGunError NO_IOMMU
 */
export function refuseWithoutIommu(host: HostReader, iommu: Inventory['iommu']): void {
  if (iommu === true) return;
  if (iommu === false) {
    throw new PortalGunError(
      'NO_IOMMU',
      'the kernel runs without an IOMMU, so no device can be assigned to a VM',
      {
        subject: host.label,
        hint: iommuAdvice(readIommuState(host)),
      },
    );
  }
  throw new PortalGunError(
    'NO_IOMMU',
    'cannot tell whether the host has an active IOMMU, or which IOMMU groups its devices are in',
    {
      subject: host.label,
      hint: 'run it on the host itself, as root; or capture the host again: pci snapshot -o FILE',
    },
  );
}
