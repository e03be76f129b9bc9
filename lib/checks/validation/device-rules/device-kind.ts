import { shortAddress } from '../../../pci/address.ts';
import { isBridge } from '../../../pci/group/iommu-group.ts';
import { isIommu } from '../../../pci/group/passthrough.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { holds, violated } from '../verdict.ts';

export const deviceKind: DeviceRule = {
  id: 'device-kind',
  title: 'a VM can use it',
  grade: 'fail',
  purposes: ['passthrough'],
  meaning:
    'It is neither a bridge, a port nor an IOMMU. Those stay with the host, but the devices behind them can be passed through.',
  evaluate: (device) => {
    if (isIommu(device)) {
      return violated('is an IOMMU, which stays with the host', {
        remedy: 'pass devices through, and not their IOMMU',
      });
    }
    if (!isBridge(device)) return holds('is not a bridge');
    return violated('is a bridge, which stays with the host', {
      remedy: `pass the devices behind it through: pci tree ${shortAddress(device.address)}`,
    });
  },
};
