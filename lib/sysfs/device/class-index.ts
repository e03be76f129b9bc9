import { resolveLink } from '../../host/file/resolve-link.ts';
import type { HostReader } from '../../host/host-reader.ts';
import { isFailure } from '../../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../../pci/address.ts';
import { compareNames } from './attachments.ts';

/** The names of the devices of a class, by their PCI function. */
export type ClassIndex = ReadonlyMap<PciAddress, readonly string[]>;

/**
 * Reads a class directory such as `/sys/class/net`, whose links point into the device tree: `enp1s0 ->
 * ../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/net/enp1s0`. This is one read for the whole host; a walk takes
 * several for each device.
 *
 * `nameOf` maps the name of a class member; by default it is unchanged.
 *
 * `null` if the directory is absent or unreadable, or contains an entry that is not such a link (kernels before
 * 2.6.25): then a missing name proves nothing.
 */
export function readClassIndex(
  host: HostReader,
  path: string,
  nameOf: (name: string) => string = (name) => name,
): ClassIndex | null {
  const names = host.list(path);
  if (names === null || isFailure(names)) return null;
  const index = new Map<PciAddress, string[]>();
  for (const name of names) {
    const target = host.readLink(`${path}/${name}`);
    // /sys/class/net/bonding_masters is a file, and the only one.
    if (target === null && name === 'bonding_masters') continue;
    if (target === null || isFailure(target)) return null;
    const at = resolveLink(`${path}/${name}`, target)?.split('/').findLast(isPciAddress);
    if (at !== undefined) index.set(at, [...(index.get(at) ?? []), nameOf(name)]);
  }
  for (const found of index.values()) found.sort(compareNames);
  return index;
}
