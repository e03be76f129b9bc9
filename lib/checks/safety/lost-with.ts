import { type Known, knownValue } from '../../base/known.ts';
import type { TunnelHost } from '../../facts/host-use.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { tunnelledFrom } from './tunnels.ts';
import { virtualFunctionsByPf } from './virtual-functions.ts';

/**
 * The functions that are lost with those that leave the host, without being passed through: those behind them or
 * their tunnels, and VFs. With more functions, the result contains everything that it contains with fewer of them.
 */
export function lostWith(
  given: ReadonlySet<PciAddress>,
  devices: readonly DeviceWith<'location' | 'sriov'>[],
  tunnels: Known<readonly TunnelHost[]>,
): ReadonlySet<PciAddress> {
  const behind = devices.filter(({ location }) =>
    knownValue(location)?.bridges.some((above) => given.has(above)),
  );
  const lost = new Set(behind.map(({ address }) => address));
  for (const address of [...given, ...lost]) {
    for (const far of tunnelledFrom(address, devices, tunnels)) lost.add(far);
  }
  const vfs = virtualFunctionsByPf(devices);
  for (const pf of [...given, ...lost]) for (const vf of vfs.get(pf) ?? []) lost.add(vf);
  return lost;
}
