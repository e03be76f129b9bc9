import { BROKEN, isUnknown, type Known, UNREAD } from '../../base/known.ts';
import { resolveLink } from '../../host/file/resolve-link.ts';
import { type HostReader, knownOf, type Reading } from '../../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../../pci/address.ts';

/** The reading of a file or directory that every running kernel has: if it is missing, it was not captured. */
export function knownAlways<T>(reading: Reading<T>): Known<T> {
  return reading === null ? UNREAD : knownOf(reading);
}

/** The text of an attribute without surrounding whitespace. */
export function readAttribute(host: HostReader, path: string): Known<string> {
  const text = knownOf(host.readText(path));
  return typeof text === 'string' ? text.trim() : text;
}

/** A member of a class directory. */
export interface ClassMember {
  readonly name: string;
  /** The target of its link: the directory in the device tree. */
  readonly directory: string;
  /** Its PCI function. */
  readonly function: PciAddress | null;
}

/**
 * The members of a class such as `/sys/class/net`, whose links lead into the device tree: `fb0 ->
 * ../../devices/pci0000:00/0000:00:02.0/graphics/fb0`. Files among them (`bonding_masters`) are skipped. A directory,
 * from a copy that follows links, does not show its function: BROKEN.
 */
export function readClass(host: HostReader, path: string): Known<readonly ClassMember[]> {
  const names = knownOf(host.list(path));
  if (names === null || isUnknown(names)) return names;
  const members: ClassMember[] = [];
  for (const name of names) {
    const target = knownOf(host.readLink(`${path}/${name}`));
    // A link that cannot be read may be any member, so the list is incomplete.
    if (isUnknown(target)) return target;
    if (target === null && Array.isArray(host.list(`${path}/${name}`))) return BROKEN;
    const directory = target === null ? null : resolveLink(`${path}/${name}`, target);
    if (directory !== null) members.push({ name, directory, function: functionIn(directory) });
  }
  return members;
}

/** The last PCI function on a path of the device tree. */
export function functionIn(path: string): PciAddress | null {
  return path.split('/').findLast(isPciAddress) ?? null;
}
