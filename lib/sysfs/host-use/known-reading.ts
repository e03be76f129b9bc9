import { BROKEN, isUnknown, type Known, UNREAD } from '../../base/known.ts';
import { resolveLink } from '../../host/file/resolve-link.ts';
import { type HostReader, knownOf, type Reading } from '../../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../../pci/address.ts';

/** What a reading says of a file or directory that every running kernel has: where it is not there, nobody captured it. */
export function knownAlways<T>(reading: Reading<T>): Known<T> {
  return reading === null ? UNREAD : knownOf(reading);
}

/** The text of an attribute without the blanks around it. */
export function readAttribute(host: HostReader, path: string): Known<string> {
  const text = knownOf(host.readText(path));
  return typeof text === 'string' ? text.trim() : text;
}

/** What stands in the directory of a class. */
export interface ClassMember {
  readonly name: string;
  /** Where its link leads: the directory in the device tree. */
  readonly directory: string;
  /** The PCI function that it hangs on. */
  readonly function: PciAddress | null;
}

/**
 * The members of a class such as `/sys/class/net`, whose links lead into the device tree:
 * `fb0 -> ../../devices/pci0000:00/0000:00:02.0/graphics/fb0`. Files among them (`bonding_masters`) are passed over;
 * directories, which a copy that follows links makes of them, do not tell what they hang on: BROKEN.
 */
export function readClass(host: HostReader, path: string): Known<readonly ClassMember[]> {
  const names = knownOf(host.list(path));
  if (names === null || isUnknown(names)) return names;
  const members: ClassMember[] = [];
  for (const name of names) {
    const target = knownOf(host.readLink(`${path}/${name}`));
    // One that can't be followed may be anything: then the list is not whole.
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
