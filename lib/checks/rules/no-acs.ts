import { isUnknown, type Known, knownValue } from '../../base/known.ts';
import { type PciAddress, shortAddress } from '../../pci/address.ts';
import type { AcsCapability } from '../../pci/capabilities.ts';
import type { PciDevice } from '../../pci/device.ts';
import { isBridge } from '../../pci/iommu-group.ts';
import { firstUnknown, listSome, notKnown, type SafetyRule } from '../safety-rule.ts';

// What Linux asks of a port before it takes what is below it for isolated: REQ_ACS_FLAGS in drivers/iommu/iommu.c.
const NEEDED = [
  'sourceValidation',
  'p2pRequestRedirect',
  'p2pCompletionRedirect',
  'upstreamForwarding',
] as const;

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
    return unknown === undefined ? [] : [notKnown('whether the ports above it have ACS', unknown)];
  },
};

function lackOf(port: PciDevice): readonly { readonly port: PciAddress; readonly why: string }[] {
  const acs = accessControl(port);
  if (acs === 'not a port' || isUnknown(acs)) return [];
  if (acs === null) return [{ port: port.address, why: 'has no ACS capability' }];
  const off = NEEDED.filter((feature) => !acs[feature].enabled);
  return off.length === 0 ? [] : [{ port: port.address, why: `has ACS without ${off.join(', ')}` }];
}

/** The access control of a root or downstream port; others are of no concern here. */
function accessControl({ config }: PciDevice): Known<AcsCapability | 'not a port'> {
  if (config === null) return 'not a port';
  if (isUnknown(config)) return config;
  const { pcie } = config;
  if (isUnknown(pcie)) return pcie;
  const type = pcie?.portType;
  return type === 'root-port' || type === 'downstream-port' ? config.acs : 'not a port';
}
