import { isUnknown, type Known, knownValue, mapKnown, UNREAD } from '../../../base/known.ts';
import type { BlockDevice, StackKind } from '../../../facts/storage-use.ts';
import { type HostReader, isFailure, knownOf } from '../../../host/host-reader.ts';
import { diskOfPath } from '../../device/attachments.ts';
import { lastName, SYS_PATHS, udevBlockPath } from '../../paths.ts';
import { type ClassMember, readAttribute, readClass } from '../known-reading.ts';
import { functionsBehind } from './block-functions.ts';
import { readCaches } from './caches.ts';
import { readFlash } from './flash.ts';
import { readRemote } from './remote-disks.ts';

const NUMBER = /^\d{1,4}:\d{1,7}$/;

/**
 * The block devices of `/sys/class/block`, each with the devices built on it: `holders`, and for bcache its own
 * links. The functions of a namespace's hidden paths (`nvme0c1n1`) count as those of its disk.
 */
export function readBlocks(host: HostReader): Known<readonly BlockDevice[]> {
  const members = readClass(host, SYS_PATHS.blockClass);
  // A kernel without block devices could not have booted, so a missing directory was not captured.
  if (members === null) return UNREAD;
  if (isUnknown(members)) return members;
  const disks = members.filter(({ name }) => diskOfPath(name) === name);
  const names = new Set(disks.map(({ name }) => name));
  const caches = readCaches(host, disks);
  const pathsOf = new Map<string, ClassMember[]>();
  for (const member of members) {
    const disk = diskOfPath(member.name);
    pathsOf.set(disk, [...(pathsOf.get(disk) ?? []), member]);
  }
  const flash = readFlash(host, names);
  if (isUnknown(flash)) return flash;
  let missed: Known<never> = null;
  const ofDisks = disks.map((member) => {
    const paths = pathsOf.get(member.name) ?? [];
    const remote = readRemote(host, paths);
    const functions = new Set([
      ...paths.flatMap((path) => (path.function === null ? [] : [path.function])),
      ...remote.functions,
    ]);
    if (functions.size === 0) {
      const behind = functionsBehind(host, member);
      if (isUnknown(behind)) missed = behind;
      for (const on of knownValue(behind) ?? []) functions.add(on);
    }
    const above = lastName(member.directory.slice(0, member.directory.lastIndexOf('/')));
    return {
      ...readOne(host, member, caches.get(member.name) ?? []),
      functions: [...functions].sort(),
      partitionOf: names.has(above) ? above : null,
      remote: remote.storage,
    };
  });
  return missed ?? [...ofDisks, ...(flash ?? [])];
}

type OwnFacts = Omit<BlockDevice, 'functions' | 'partitionOf' | 'remote'>;

function readOne(
  host: HostReader,
  { name, directory }: ClassMember,
  caches: Known<readonly string[]>,
): OwnFacts {
  const number = mapKnown(readAttribute(host, `${directory}/dev`), (text) =>
    NUMBER.test(text) ? text : { unknown: 'broken' },
  );
  const isMapped = name.startsWith('dm-');
  const holders = isUnknown(caches) ? caches : knownOf(host.list(`${directory}/holders`));
  const made = knownValue(caches) ?? [];
  return {
    name,
    number,
    holders: isUnknown(holders) ? holders : [...(holders ?? []), ...made],
    kind: kindOf(host, name, directory),
    title: isMapped ? readAttribute(host, `${directory}/dm/name`) : null,
    backingFile: readBackingFile(host, name, directory),
    ...readSignature(host, number),
  };
}

function readBackingFile(host: HostReader, name: string, directory: string): Known<string> {
  if (name.startsWith('loop')) return readAttribute(host, `${directory}/loop/backing_file`);
  if (!name.startsWith('zram')) return null;
  return mapKnown(readAttribute(host, `${directory}/backing_dev`), (path) => (path === 'none' ? null : path));
}

// By the kernel's names, without their numbers.
const KINDS: Readonly<Record<string, StackKind>> = {
  md: 'md',
  bcache: 'bcache',
  loop: 'loop',
  zram: 'zram',
  drbd: 'drbd',
};
// NVMe disks with several paths, or on a network.
const VIRTUAL_DISKS = /\/nvme-(subsystem|fabrics)\//;

function kindOf(host: HostReader, name: string, directory: string): StackKind | null {
  if (name.startsWith('dm-'))
    return mappedKind(knownValue(readAttribute(host, `${directory}/dm/uuid`)) ?? '');
  const isVirtual = directory.startsWith(`${SYS_PATHS.virtualDevices}/`) && !VIRTUAL_DISKS.test(directory);
  return KINDS[/^([a-z]+)[\d_]/.exec(name)?.[1] ?? ''] ?? (isVirtual ? 'virtual' : null);
}

/** The creator of a mapped device is at the start of its id: `LVM-…`, `CRYPT-LUKS2-…`, `part1-mpath-…`. */
function mappedKind(rawId: string): StackKind {
  if (rawId.startsWith('LVM-')) return 'lvm';
  if (rawId.startsWith('CRYPT-')) return 'crypt';
  return /^(part\d+-)?mpath-/.test(rawId) ? 'multipath' : 'device-mapper';
}

/** The partition types that ZFS creates, on Linux and on FreeBSD. */
const ZFS_PARTITIONS: ReadonlySet<string> = new Set([
  '6a898cc3-1dd2-11b2-99a6-080020736631',
  '516e7cba-6ecf-11d6-8ff8-00022d09712b',
]);

/**
 * The signature that udev found, from `/run/udev/data/b259:2`: `E:ID_FS_TYPE=zfs_member`, `E:ID_FS_LABEL=rpool`. A
 * file without these lines means that nothing was found; without a file, udev has not probed the device, and the
 * answer is unknown.
 */
function readSignature(host: HostReader, number: Known<string>): Pick<BlockDevice, 'signature' | 'label'> {
  const known = knownValue(number);
  if (known === undefined) return { signature: number as Known<never>, label: number as Known<never> };
  const keys = ['E:ID_FS_TYPE=', 'E:ID_FS_LABEL=', 'E:ID_PART_ENTRY_TYPE=', 'E:ID_PART_ENTRY_NAME='] as const;
  const lines = host.readLines(udevBlockPath(known), keys);
  if (lines === null) return { signature: UNREAD, label: UNREAD };
  if (isFailure(lines)) {
    const why = knownOf<never>(lines);
    return { signature: why, label: why };
  }
  const [signature, label, partType = '', partName = ''] = keys.map((key) =>
    lines.find((line) => line.startsWith(key))?.slice(key.length),
  );
  // Caches and spares of a pool have too few signs for udev.
  const isOfPool = ZFS_PARTITIONS.has(partType.toLowerCase()) || partName.startsWith('zfs-');
  return { signature: signature ?? (isOfPool ? 'zfs_member' : null), label: label ?? null };
}
