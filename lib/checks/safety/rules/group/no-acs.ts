import { knownValue } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { isBridge } from '../../../../pci/group/iommu-group.ts';
import { accessControl, lackOf } from '../../../validation/access-control.ts';
import { firstUnknown, listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

/** A port above it does not keep its traffic apart. */
export const noAcs: SafetyRule = {
  name: 'no-acs',
  title: 'a port above it lacks access control (ACS)',
  severity: 'warns',
  meaning:
    "A root port or downstream port above it has no access control services, or has them switched off: memory requests of it can reach its neighbours without the IOMMU. Linux puts such neighbours into one group, unless it knows the port for a safe one, or is told otherwise (`pcie_acs_override`). A port's capabilities can be read by root alone.",
  remedy: 'give all that is behind the port to one virtual machine, or use a slot behind another port',
  isOfGiven: true,
  find: (device, view) => {
    if (isBridge(device) || knownValue(device.iommuGroup) === undefined) return [];
    const ports = (knownValue(device.location)?.bridges ?? []).map((address) => view.device(address));
    const lacking = ports.flatMap((port) => (port === undefined ? [] : lackOf(port)));
    if (lacking.length > 0) {
      const names = lacking.map(({ port }) => shortAddress(port));
      return [
        {
          message: `is not isolated from its neighbours: no ACS on ${listSome(names)}`,
          evidence: lacking.map(({ port, why }) => `${shortAddress(port)} ${why}`),
        },
      ];
    }
    const unknown = firstUnknown(
      ...ports.flatMap((port) => (port === undefined ? [] : [accessControl(port)])),
    );
    return unknown === undefined ? [] : [unknownFinding('whether the ports above it have ACS', unknown)];
  },
};
