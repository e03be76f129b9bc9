import { BROKEN, isUnknown, type Known } from '../../../base/known.ts';
import type { ActiveFileSystem } from '../../../facts/storage-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { lastName, SYS_PATHS, USE_PATHS } from '../../paths.ts';
import { knownAlways } from '../known-reading.ts';

/** The names of the imported ZFS pools: the directories in `/proc/spl/kstat/zfs`, which also contains files. */
export function readPools(host: HostReader, isProcThere: boolean): Known<readonly string[]> {
  const names = host.list(USE_PATHS.zfsPools);
  const all = isProcThere ? knownOf(names) : knownAlways(names);
  if (all === null || isUnknown(all)) return all;
  const pools: string[] = [];
  for (const name of all) {
    const state = knownOf(host.readText(`${USE_PATHS.zfsPools}/${name}/state`));
    if (isUnknown(state)) return state;
    if (state !== null) pools.push(name);
  }
  return pools;
}

/** Entries of `/sys/fs` that are not active file systems. */
const FEATURES: ReadonlySet<string> = new Set(['features', 'stats', 'debug']);
/** File systems with one block device each, which have a directory of its name while they are mounted anywhere. */
const SINGLE = ['ext4', 'xfs', 'nilfs2', 'erofs'];
/** The same for file systems with a directory in `/proc/fs`. */
const SINGLE_IN_PROC = ['reiserfs', 'ntfs3', 'jfs'];
const JOURNALS = 'jbd2';

/**
 * The active file systems of the kernel, including those that are mounted outside the view of this process:
 * `/sys/fs/ext4/vda2`, `/sys/fs/btrfs/UUID/devices/vda2` for each device of a btrfs,
 * `/sys/fs/bcachefs/UUID/dev-0/block`, and journals on their own device, `/proc/fs/jbd2/vdb`. `null` if it has none
 * of a kind that is listed.
 */
export function readFileSystems(host: HostReader): Known<readonly ActiveFileSystem[]> {
  const listed = knownOf(host.list(SYS_PATHS.fileSystems));
  if (isUnknown(listed)) return listed;
  const types = listed ?? [];
  const found: ActiveFileSystem[] = [];
  const parts: readonly Known<readonly ActiveFileSystem[]>[] = [
    ...SINGLE.filter((type) => types.includes(type)).map((type) =>
      readSingle(host, type, `${SYS_PATHS.fileSystems}/${type}`),
    ),
    ...(types.includes('f2fs') ? [readF2fs(host)] : []),
    ...(types.includes('btrfs') ? [readBtrfs(host)] : []),
    ...(types.includes('bcachefs') ? [readBcachefs(host)] : []),
    ...(types.includes('gfs2') ? [readGfs2(host)] : []),
    ...SINGLE_IN_PROC.map((type) => readSingle(host, type, `${USE_PATHS.fileSystems}/${type}`)),
    readSingle(host, JOURNALS, `${USE_PATHS.fileSystems}/${JOURNALS}`),
  ];
  for (const part of parts) {
    if (isUnknown(part)) return part;
    found.push(...(part ?? []));
  }
  return listed === null && found.length === 0 ? null : found;
}

function readSingle(host: HostReader, type: string, path: string): Known<readonly ActiveFileSystem[]> {
  const names = knownOf(host.list(path));
  if (names === null || isUnknown(names)) return names;
  return names.filter((name) => !FEATURES.has(name)).map((name) => ({ type, blocks: [name] }));
}

/**
 * A directory with the name of its first device. All devices are in `/proc/fs/f2fs/sda1/disk_map`, which older
 * kernels do not have, and which has no such lines for a single device:
 *
 *     Disk: 0 (zoned=0):                    0 -               262143 on /dev/sda1
 */
function readF2fs(host: HostReader): Known<readonly ActiveFileSystem[]> {
  const systems = readSingle(host, 'f2fs', `${SYS_PATHS.fileSystems}/f2fs`);
  if (systems === null || isUnknown(systems)) return systems;
  const found: ActiveFileSystem[] = [];
  for (const system of systems) {
    const map = knownOf(host.readText(`${USE_PATHS.fileSystems}/f2fs/${system.blocks[0]}/disk_map`));
    if (isUnknown(map)) return map;
    if (map === null) found.push({ ...system, mayHaveMore: true });
    else {
      const others = [...map.matchAll(/^Disk:.* on \/dev\/(\S+)$/gm)].map(([, name = '']) => name);
      // A name other than the kernel's identifies no device.
      const isClear = others.every((name) => !name.includes('/'));
      found.push({
        ...system,
        blocks: [...new Set([...system.blocks, ...others])],
        ...(isClear ? {} : { mayHaveMore: true }),
      });
    }
  }
  return found;
}

function readBtrfs(host: HostReader): Known<readonly ActiveFileSystem[]> {
  return readSets(host, 'btrfs', (set) => {
    const names = knownOf(host.list(`${set}/devices`));
    // Every btrfs has that directory: without it, its devices are unknown.
    return names ?? BROKEN;
  });
}

/** A directory `dev-0` for each device, with a link `block -> …/block/sda/sda1` unless the device is missing. */
function readBcachefs(host: HostReader): Known<readonly ActiveFileSystem[]> {
  return readSets(host, 'bcachefs', (set) => {
    const names = knownOf(host.list(set));
    if (names === null || isUnknown(names)) return names ?? BROKEN;
    const members = names.filter((name) => /^dev-\d+$/.test(name));
    return namesOfLinks(
      host,
      members.map((name) => `${set}/${name}/block`),
    );
  });
}

function readGfs2(host: HostReader): Known<readonly ActiveFileSystem[]> {
  return readSets(host, 'gfs2', (set) => namesOfLinks(host, [`${set}/device`]));
}

function namesOfLinks(host: HostReader, links: readonly string[]): Known<readonly string[]> {
  const targets = links.map((link) => knownOf(host.readLink(link)));
  const unknown = targets.find(isUnknown);
  return unknown ?? targets.flatMap((target) => (typeof target === 'string' ? [lastName(target)] : []));
}

/** A directory for each file system of several devices, named by its id. */
function readSets(
  host: HostReader,
  type: string,
  devicesOf: (set: string) => Known<readonly string[]>,
): Known<readonly ActiveFileSystem[]> {
  const ids = knownOf(host.list(`${SYS_PATHS.fileSystems}/${type}`));
  if (ids === null || isUnknown(ids)) return ids;
  const found: ActiveFileSystem[] = [];
  for (const id of ids.filter((name) => !FEATURES.has(name))) {
    const blocks = devicesOf(`${SYS_PATHS.fileSystems}/${type}/${id}`);
    if (isUnknown(blocks)) return blocks;
    found.push({ type, blocks: blocks ?? [] });
  }
  return found;
}
