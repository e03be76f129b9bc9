import { knownValue } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { isBridge } from '../../../../pci/group/iommu-group.ts';
import { accessControl, lackOf } from '../../../validation/access-control.ts';
import { firstUnknown, listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

export const noAcs: SafetyRule = {
  name: 'no-acs',
  title: 'a port above it lacks access control services (ACS)',
  severity: 'warns',
  meaning:
    'A root port or downstream port above it has no ACS, or ACS is disabled, so its memory requests can reach its neighbors without the IOMMU. Linux puts such neighbors into one group, unless it knows that the port is safe, or an option overrides it (`pcie_acs_override`). Only root can read the capabilities of a port.',
  remedy: 'pass all devices behind the port through to one VM, or use a slot behind another port',
  isOfGiven: true,
  find: (device, view) => {
    if (isBridge(device) || knownValue(device.iommuGroup) === undefined) return [];
    const ports = (knownValue(device.location)?.bridges ?? []).map((address) => view.device(address));
    const lacking = ports.flatMap((port) => (port === undefined ? [] : lackOf(port)));
    if (lacking.length > 0) {
      const names = lacking.map(({ port }) => shortAddress(port));
      return [
        {
          message: `is not isolated from its neighbors: no ACS on ${listSome(names)}`,
          evidence: lacking.map(({ port, why }) => `${shortAddress(port)} ${why}`),
        },
      ];
    }
    const unknown = firstUnknown(
      ...ports.flatMap((port) => (port === undefined ? [] : [accessControl(port)])),
    );
    return unknown === undefined ? [] : [unknownFinding('ACS on the ports above it', unknown)];
  },
};
