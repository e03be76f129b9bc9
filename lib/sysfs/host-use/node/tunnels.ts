import { isUnknown, type Known } from '../../../base/known.ts';
import type { TunnelHost } from '../../../facts/host-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../../../pci/address.ts';
import { busEntryPath, driverPath, resolveBusEntry } from '../../paths.ts';

const CONSUMER = 'consumer:pci:';

/**
 * The Thunderbolt and USB4 host interfaces, by their driver, with the PCI ports that depend on each: the kernel has a
 * link `consumer:pci:0000:00:07.0` in the directory of the interface. `null` if there is none.
 */
export function readTunnels(host: HostReader): Known<readonly TunnelHost[]> {
  const names = knownOf(host.list(driverPath('thunderbolt')));
  if (names === null || isUnknown(names)) return names;
  return names
    .filter(isPciAddress)
    .map((address) => ({ function: address, ports: readPorts(host, address) }));
}

function readPorts(host: HostReader, address: PciAddress): Known<readonly PciAddress[]> {
  const path = busEntryPath(address);
  const target = knownOf(host.readLink(path));
  if (target === null || isUnknown(target)) return target;
  const names = knownOf(host.list(resolveBusEntry(path, target) ?? path));
  if (names === null || isUnknown(names)) return names;
  return names
    .filter((name) => name.startsWith(CONSUMER))
    .map((name) => name.slice(CONSUMER.length))
    .filter(isPciAddress);
}
