import { isUnknown, type Known, knownValue, mapKnown, UNREAD } from '../../../base/known.ts';
import type { BlockDevice } from '../../../facts/storage-use.ts';
import type { HostReader } from '../../../host/host-reader.ts';
import { SYS_PATHS } from '../../paths.ts';
import { type ClassMember, readAttribute, readClass } from '../known-reading.ts';

// include/uapi/linux/major.h; jffs2 has that number even if it has no block device.
const MTD_BLOCK_MAJOR = 31;

/**
 * Flash memory (`/sys/class/mtd/mtd0`) and UBI devices on it (`/sys/class/ubi/ubi0`, with `mtd_num`), as block
 * devices, because file systems are mounted from them.
 *
 * @param blocks the names of the existing block devices
 */
export function readFlash(host: HostReader, blocks: ReadonlySet<string>): Known<readonly BlockDevice[]> {
  const [chips, volumes] = [SYS_PATHS.mtdClass, SYS_PATHS.ubiClass].map((path) => {
    const members = readClass(host, path);
    // A snapshot without it is from an older version.
    return members === UNREAD ? null : members;
  });
  const unknown = [chips, volumes].find(isUnknown);
  if (unknown !== undefined) return unknown;
  const ubi = membersOf(volumes, /^ubi\d+$/).map(({ name, directory }) => ({
    name,
    chip: mapKnown(readAttribute(host, `${directory}/mtd_num`), (number) => `mtd${number}`),
  }));
  const unread = ubi.map(({ chip }) => chip).find(isUnknown);
  return [
    ...membersOf(chips, /^mtd\d+$/).map(({ name, function: on }) => ({
      ...NOTHING,
      name,
      number: blocks.has(name.replace('mtd', 'mtdblock')) ? null : `${MTD_BLOCK_MAJOR}:${name.slice(3)}`,
      functions: on === null ? [] : [on],
      holders: unread ?? ubi.filter(({ chip }) => chip === name).map((each) => each.name),
    })),
    ...ubi.map(({ name }) => ({
      ...NOTHING,
      name,
      kind: 'virtual' as const,
      holders: [...blocks].filter((block) => block.startsWith(`ubiblock${name.slice(3)}_`)),
    })),
  ];
}

function membersOf(
  members: Known<readonly ClassMember[]> | undefined,
  pattern: RegExp,
): readonly ClassMember[] {
  return (knownValue(members ?? null) ?? []).filter(({ name }) => pattern.test(name));
}

const NOTHING: Omit<BlockDevice, 'name' | 'holders'> = {
  number: null,
  functions: [],
  partitionOf: null,
  kind: null,
  title: null,
  backingFile: null,
  remote: null,
  signature: null,
  label: null,
};
