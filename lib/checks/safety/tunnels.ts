import { isUnknown, type Known, knownValue } from '../../base/known.ts';
import type { TunnelHost } from '../../facts/host-use.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { deviceAt } from '../../pci/device-at.ts';
import type { SafetyDevice } from './safety-fields.ts';

/**
 * The functions that are reached through the PCIe tunnels of a Thunderbolt or USB4 host interface: those behind the
 * ports that depend on it. If the kernel links none, as for a controller on its own card or chip, those that are
 * deeper than the interface below the same switch.
 */
export function tunnelledFrom(
  address: PciAddress,
  devices: readonly DeviceWith<'location'>[],
  tunnels: Known<readonly TunnelHost[]>,
): readonly PciAddress[] {
  const tunnel = knownValue(tunnels)?.find((each) => each.function === address);
  const self = deviceAt(devices, address);
  if (tunnel === undefined || self === undefined) return [];
  const ports = knownValue(tunnel.ports) ?? [];
  if (ports.length > 0)
    return devices.filter((device) => isBehind(device, ports)).map((device) => device.address);
  const above = bridgesOf(self);
  // A switch is an upstream port with its downstream ports; the last one leads to the interface.
  const [upstream] = above.slice(-2, -1);
  if (upstream === undefined || above.length < 3) return [];
  return devices
    .filter((device) => isBehind(device, [upstream]) && bridgesOf(device).length > above.length)
    .map((device) => device.address);
}

function isBehind(device: DeviceWith<'location'>, ports: readonly PciAddress[]): boolean {
  return bridgesOf(device).some((bridge) => ports.includes(bridge));
}

function bridgesOf({ location }: DeviceWith<'location'>): readonly PciAddress[] {
  return knownValue(location)?.bridges ?? [];
}

/** By the class of a USB4 host interface, or the driver. */
export function mayBeTunnelHost({ class: kind, driver }: SafetyDevice): boolean {
  if (isUnknown(kind) || isUnknown(driver)) return true;
  return driver === 'thunderbolt' || knownValue(kind)?.code === '0c0340';
}
