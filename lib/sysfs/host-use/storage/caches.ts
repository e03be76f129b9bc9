import { isUnknown, type Known, knownValue } from '../../../base/known.ts';
import { resolveLink } from '../../../host/file/resolve-link.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { lastName, SYS_PATHS } from '../../paths.ts';
import type { ClassMember } from '../known-reading.ts';

/**
 * The bcache device of each block device, which the kernel does not list among its holders. A backing device has a
 * link `bcache/dev -> …/virtual/block/bcache0`. A cache device has a link to its set, `bcache/set ->
 * …/fs/bcache/UUID`, with a link `bdev0 -> …/block/sda/bcache` for each device that it backs. Only devices with one
 * of these links are included.
 */
export function readCaches(
  host: HostReader,
  disks: readonly ClassMember[],
): ReadonlyMap<string, Known<readonly string[]>> {
  const made = new Map<string, Known<readonly string[]>>();
  const sets = new Map<string, string>();
  for (const { name, directory } of disks) {
    if (name.startsWith('bcache')) continue;
    const device = knownOf(host.readLink(`${directory}/bcache/dev`));
    if (device !== null) {
      made.set(name, isUnknown(device) ? device : [lastName(device)]);
      continue;
    }
    const set = knownOf(host.readLink(`${directory}/bcache/set`));
    if (isUnknown(set)) made.set(name, set);
    else if (set !== null) sets.set(name, `${SYS_PATHS.bcacheSets}/${lastName(set)}`);
  }
  for (const [name, set] of sets) made.set(name, cachedBy(host, set, made));
  return made;
}

function cachedBy(
  host: HostReader,
  set: string,
  made: ReadonlyMap<string, Known<readonly string[]>>,
): Known<readonly string[]> {
  const names = knownOf(host.list(set));
  if (names === null || isUnknown(names)) return names;
  const cached = new Set<string>();
  for (const name of names.filter((each) => /^bdev\d+$/.test(each))) {
    const target = knownOf(host.readLink(`${set}/${name}`));
    if (isUnknown(target)) return target;
    const directory = target === null ? null : resolveLink(`${set}/${name}`, target);
    const backing = directory === null ? '' : lastName(directory.replace(/\/bcache$/, ''));
    const devices = made.get(backing) ?? null;
    if (isUnknown(devices)) return devices;
    for (const device of knownValue(devices) ?? []) cached.add(device);
  }
  return [...cached];
}
