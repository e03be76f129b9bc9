import { isUnknown, type Known, knownValue } from '../../base/known.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { AcsCapability } from '../../pci/config/capabilities.ts';
import type { DeviceWith } from '../../pci/device.ts';

// The features of a port that Linux requires before it treats the devices below it as isolated: REQ_ACS_FLAGS in
// drivers/iommu/iommu.c.
const NEEDED = [
  'sourceValidation',
  'p2pRequestRedirect',
  'p2pCompletionRedirect',
  'upstreamForwarding',
] as const;

/** A port that does not isolate the devices below it. */
export interface PortWithoutAcs {
  readonly port: PciAddress;
  /** `has no ACS capability` */
  readonly why: string;
}

/**
 * The missing access control of a port; empty if nothing is missing, if it is not such a port, or if it is unknown.
 */
export function lackOf(port: DeviceWith<'config'>): readonly PortWithoutAcs[] {
  const acs = accessControl(port);
  if (acs === 'not a port' || isUnknown(acs)) return [];
  if (acs === null) return [{ port: port.address, why: 'has no ACS capability' }];
  const off = NEEDED.filter((feature) => !acs[feature].enabled);
  return off.length === 0 ? [] : [{ port: port.address, why: `has ACS without ${off.join(', ')}` }];
}

/** The access control of a root or downstream port; other functions do not matter here. */
export function accessControl({ config }: DeviceWith<'config'>): Known<AcsCapability | 'not a port'> {
  if (config === null) return 'not a port';
  if (isUnknown(config)) return config;
  const { pcie } = config;
  if (isUnknown(pcie)) return pcie;
  const type = pcie?.portType;
  return type === 'root-port' || type === 'downstream-port' ? config.acs : 'not a port';
}

/** The ports above a device that do not isolate it from its neighbors. */
export function portsWithoutAcs(
  { location }: DeviceWith<'location'>,
  devices: readonly DeviceWith<'config'>[],
): readonly PortWithoutAcs[] {
  const above = knownValue(location)?.bridges ?? [];
  return devices.filter(({ address }) => above.includes(address)).flatMap(lackOf);
}
