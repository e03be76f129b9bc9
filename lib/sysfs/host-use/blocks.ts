import { isUnknown, type Known, knownValue, mapKnown, UNREAD } from '../../base/known.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import { resolveLink } from '../../host/resolve-link.ts';
import type { BlockDevice, StackKind } from '../../pci/host-use.ts';
import { diskOfPath } from '../attachments.ts';
import { lastName, SYS_PATHS, udevBlockPath } from '../paths.ts';
import { type ClassMember, readAttribute, readClass } from './known-reading.ts';

const NUMBER = /^\d{1,4}:\d{1,7}$/;

/**
 * The block devices of `/sys/class/block`, each with what is made of it: `holders`, for bcache its own links. Of a
 * namespace with several paths the hidden ones (`nvme0c1n1`) are counted as the functions of its disk.
 */
export function readBlocks(host: HostReader): Known<readonly BlockDevice[]> {
  const members = readClass(host, SYS_PATHS.blockClass);
  // A kernel without block devices has no disk to take away, and could not have come up.
  if (members === null) return UNREAD;
  if (isUnknown(members)) return members;
  const disks = members.filter(({ name }) => diskOfPath(name) === name);
  const names = new Set(disks.map(({ name }) => name));
  const caches = readCaches(host, disks);
  return disks.map((member) => {
    const paths = members.filter(({ name }) => diskOfPath(name) === member.name);
    const functions = new Set(paths.flatMap((path) => (path.function === null ? [] : [path.function])));
    const above = lastName(member.directory.slice(0, member.directory.lastIndexOf('/')));
    return {
      ...readOne(host, member, caches.get(member.name) ?? []),
      functions: [...functions].sort(),
      partitionOf: names.has(above) ? above : null,
    };
  });
}

type OwnFacts = Omit<BlockDevice, 'functions' | 'partitionOf'>;

function readOne(host: HostReader, { name, directory }: ClassMember, caches: readonly string[]): OwnFacts {
  const number = mapKnown(readAttribute(host, `${directory}/dev`), (text) =>
    NUMBER.test(text) ? text : { unknown: 'broken' },
  );
  const isMapped = name.startsWith('dm-');
  const holders = mapKnown(knownOf(host.list(`${directory}/holders`)), (held) => [...held, ...caches]);
  return {
    name,
    number,
    holders: holders === null && caches.length > 0 ? caches : holders,
    kind: kindOf(host, name, directory),
    title: isMapped ? readAttribute(host, `${directory}/dm/name`) : null,
    backingFile: name.startsWith('loop') ? readAttribute(host, `${directory}/loop/backing_file`) : null,
    ...readSignature(host, number),
  };
}

function kindOf(host: HostReader, name: string, directory: string): StackKind | null {
  if (name.startsWith('dm-'))
    return mappedKind(knownValue(readAttribute(host, `${directory}/dm/uuid`)) ?? '');
  if (/^md[\d_]/.test(name)) return 'md';
  return /^bcache\d/.test(name) ? 'bcache' : null;
}

/** Who made a mapped device stands in front of its id: `LVM-…`, `CRYPT-LUKS2-…`, `part1-mpath-…`. */
function mappedKind(rawId: string): StackKind {
  if (rawId.startsWith('LVM-')) return 'lvm';
  if (rawId.startsWith('CRYPT-')) return 'crypt';
  return /^(part\d+-)?mpath-/.test(rawId) ? 'multipath' : 'device-mapper';
}

/**
 * What udev found on it, from `/run/udev/data/b259:2`: `E:ID_FS_TYPE=zfs_member`, `E:ID_FS_LABEL=rpool`. A file
 * without them is "nothing found"; where there is no file udev has not looked, and nobody knows.
 */
function readSignature(host: HostReader, number: Known<string>): Pick<BlockDevice, 'signature' | 'label'> {
  const known = knownValue(number);
  if (known === undefined) return { signature: number as Known<never>, label: number as Known<never> };
  const keys = ['E:ID_FS_TYPE=', 'E:ID_FS_LABEL='] as const;
  const lines = host.readLines(udevBlockPath(known), keys);
  if (lines === null) return { signature: UNREAD, label: UNREAD };
  if (isFailure(lines)) {
    const why = knownOf<never>(lines);
    return { signature: why, label: why };
  }
  const [signature, label] = keys.map(
    (key) => lines.find((line) => line.startsWith(key))?.slice(key.length) ?? null,
  );
  return { signature: signature ?? null, label: label ?? null };
}

/**
 * What bcache has made of each block device, which the kernel does not list among its holders. A backing device has
 * a link `bcache/dev -> …/virtual/block/bcache0`; a cache one to its set, `bcache/set -> …/fs/bcache/UUID`, with a
 * link `bdev0 -> …/block/sda/bcache` for each device that it backs.
 */
function readCaches(host: HostReader, disks: readonly ClassMember[]): ReadonlyMap<string, readonly string[]> {
  const made = new Map<string, readonly string[]>();
  const sets = new Map<string, string>();
  for (const { name, directory } of disks) {
    if (name.startsWith('bcache') || !host.exists(`${directory}/bcache`)) continue;
    const device = host.readLink(`${directory}/bcache/dev`);
    if (typeof device === 'string') made.set(name, [lastName(device)]);
    const set = host.readLink(`${directory}/bcache/set`);
    if (typeof set === 'string' && !made.has(name))
      sets.set(name, `${SYS_PATHS.bcacheSets}/${lastName(set)}`);
  }
  for (const [name, set] of sets) {
    made.set(name, [...new Set(backedBy(host, set).flatMap((backing) => made.get(backing) ?? []))]);
  }
  return made;
}

function backedBy(host: HostReader, set: string): readonly string[] {
  const names = host.list(set);
  if (names === null || isFailure(names)) return [];
  return names.flatMap((name) => {
    const target = /^bdev\d+$/.test(name) ? host.readLink(`${set}/${name}`) : null;
    const directory = typeof target === 'string' ? resolveLink(`${set}/${name}`, target) : null;
    return directory === null ? [] : [lastName(directory.replace(/\/bcache$/, ''))];
  });
}
