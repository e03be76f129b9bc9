import { BROKEN, isUnknown, type Known, knownValue, mapKnown } from '../../base/known.ts';
import { type HostReader, knownOf } from '../../host/host-reader.ts';
import type { ActiveFileSystem, Mount, SwapArea } from '../../pci/host-use.ts';
import { SYS_PATHS, USE_PATHS } from '../paths.ts';
import { knownAlways } from './known-reading.ts';

// Every line begins with a number, in decimal.
const DIGITS = [...'0123456789'];
const BLOCK_BYTES = 1024;

/**
 * What is mounted where this process is: `/proc/self/mountinfo`, a line a mount:
 *
 *     29 1 254:2 / / rw,relatime shared:1 - ext4 /dev/vda2 rw,errors=remount-ro
 *
 * Blanks and the like in it are octal: `/mnt/my\040disk`. A line that is none of these makes it BROKEN.
 */
export function readMounts(host: HostReader): Known<readonly Mount[]> {
  return mapKnown(knownAlways(host.readLines(USE_PATHS.mounts, DIGITS)), (lines) => {
    const mounts = lines.map(parseMount);
    return mounts.every((mount) => mount !== undefined) ? mounts : BROKEN;
  });
}

/** One line of `mountinfo`; undefined where it is none. */
export function parseMount(line: string): Mount | undefined {
  const [before = '', after] = line.split(' - ', 2);
  const [, , number = '', , rawPoint] = before.split(' ');
  const [type, rawSource = '', options = ''] = after?.split(' ') ?? [];
  if (!/^\d+:\d+$/.test(number) || rawPoint === undefined || type === undefined) return undefined;
  const directories = type === 'overlay' ? overlayDirectories(options) : [];
  return { number, point: decodeOctal(rawPoint), type, source: decodeOctal(rawSource), directories };
}

function overlayDirectories(options: string): readonly string[] {
  return options.split(',').flatMap((option) => {
    const [, key, value = ''] = /^(lowerdir\+?|upperdir)=(.*)$/s.exec(option) ?? [];
    if (key === undefined) return [];
    // Lower directories stand with colons between them, one in a name behind a backslash.
    return decodeOctal(value)
      .split(/(?<!\\):/)
      .map((path) => path.replace(/\\(.)/gs, '$1'))
      .filter((path) => path.startsWith('/'));
  });
}

/** Text with the octal escapes of `/proc` undone: `my\040disk`. */
export function decodeOctal(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/**
 * The areas that the kernel swaps to, from `/proc/swaps`:
 *
 *     Filename				Type		Size		Used		Priority
 *     /dev/dm-1                               partition	999420		0		-2
 *
 * `null` where the kernel can't swap.
 */
export function readSwaps(host: HostReader, isProcThere: boolean): Known<readonly SwapArea[]> {
  const text = host.readText(USE_PATHS.swaps);
  return mapKnown(isProcThere ? knownOf(text) : knownAlways(text), (table) => {
    const lines = table
      .split('\n')
      .slice(1)
      .filter((line) => line.trim() !== '');
    const areas = lines.map(parseSwap);
    return areas.every((area) => area !== undefined) ? areas : BROKEN;
  });
}

function parseSwap(line: string): SwapArea | undefined {
  const [, path = '', kind, used = ''] = /^(\S+)\s+(partition|file)\s+\d+\s+(\d+)/.exec(line) ?? [];
  if (kind !== 'partition' && kind !== 'file') return undefined;
  return { path: decodeOctal(path), kind, usedBytes: Number(used) * BLOCK_BYTES };
}

/** The names of the ZFS pools that are imported: the directories in `/proc/spl/kstat/zfs`, among its files. */
export function readPools(host: HostReader, isProcThere: boolean): Known<readonly string[]> {
  const names = host.list(USE_PATHS.zfsPools);
  return mapKnown(isProcThere ? knownOf(names) : knownAlways(names), (all) =>
    all.filter((name) => host.exists(`${USE_PATHS.zfsPools}/${name}/state`)),
  );
}

/** File systems of one block device each, with a directory of its name while they are mounted anywhere. */
const SINGLE = ['ext4', 'xfs', 'f2fs'];

/**
 * The file systems that the kernel has at work, also those that are mounted where this process can't see it:
 * `/sys/fs/ext4/vda2`, and `/sys/fs/btrfs/UUID/devices/vda2` for each device of a btrfs. `null` where it has none
 * of a kind that says so.
 */
export function readFileSystems(host: HostReader): Known<readonly ActiveFileSystem[]> {
  const types = knownOf(host.list(SYS_PATHS.fileSystems));
  if (types === null || isUnknown(types)) return types;
  const found: ActiveFileSystem[] = [];
  for (const type of SINGLE.filter((name) => types.includes(name))) {
    const names = knownOf(host.list(`${SYS_PATHS.fileSystems}/${type}`));
    if (isUnknown(names)) return names;
    found.push(...(names ?? []).map((name) => ({ type, blocks: [name] })));
  }
  if (!types.includes('btrfs')) return found;
  const ids = knownOf(host.list(`${SYS_PATHS.fileSystems}/btrfs`));
  if (isUnknown(ids)) return ids;
  for (const id of ids ?? []) {
    const blocks = knownValue(knownOf(host.list(`${SYS_PATHS.fileSystems}/btrfs/${id}/devices`)));
    if (blocks !== undefined) found.push({ type: 'btrfs', blocks });
  }
  return found;
}
