import { shortAddress } from '../../../pci/address.ts';
import { isBridge } from '../../../pci/group/iommu-group.ts';
import { isIommu } from '../../../pci/group/passthrough.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { holds, violated } from '../verdict.ts';

/** It is a device, and no part of the host's own works. */
export const deviceKind: DeviceRule = {
  id: 'device-kind',
  title: 'it is something that a machine can use',
  grade: 'fail',
  purposes: ['passthrough'],
  meaning:
    'It is neither a bridge or port nor an IOMMU: those stay with the host, and what is behind them can go.',
  evaluate: (device) => {
    if (isIommu(device)) {
      return violated('is an IOMMU, which stays with the host', {
        remedy: 'give devices, and not what watches over them',
      });
    }
    if (!isBridge(device)) return holds('is no bridge');
    return violated('is a bridge, which stays with the host', {
      remedy: `give the devices behind it: pci tree ${shortAddress(device.address)}`,
    });
  },
};
