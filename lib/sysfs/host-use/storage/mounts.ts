import { BROKEN, type Known, mapKnown } from '../../../base/known.ts';
import type { Mount, SwapArea } from '../../../facts/storage-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { USE_PATHS } from '../../paths.ts';
import { knownAlways } from '../known-reading.ts';
import { decodeOctal, parseMount } from './mount-line.ts';

// Every line begins with a number, in decimal.
export const MOUNT_LINES: readonly string[] = [...'0123456789'];
const BLOCK_BYTES = 1024;

/**
 * The mounts of this process: `/proc/self/mountinfo`, one line for each mount:
 *
 *     29 1 254:2 / / rw,relatime shared:1 - ext4 /dev/vda2 rw,errors=remount-ro
 *
 * Spaces and similar characters are octal: `/mnt/my\040disk`. A line of another form makes the result BROKEN.
 */
export function readMounts(host: HostReader): Known<readonly Mount[]> {
  return mapKnown(knownAlways(host.readLines(USE_PATHS.mounts, MOUNT_LINES)), parseMounts);
}

/** BROKEN if one of the lines is not a mount. */
export function parseMounts(lines: readonly string[]): Known<readonly Mount[]> {
  const mounts = lines.map(parseMount);
  return mounts.every((mount) => mount !== undefined) ? mounts : BROKEN;
}

/**
 * The swap areas of the kernel, from `/proc/swaps`:
 *
 *     Filename				Type		Size		Used		Priority
 *     /dev/dm-1                               partition	999420		0		-2
 *
 * `null` if the kernel does not support swap.
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

/** `/sys/power/resume`: `8:3`, and `0:0` if the host hibernates to no device. `null` if the kernel cannot hibernate. */
export function readHibernation(host: HostReader): Known<string> {
  return mapKnown(knownOf(host.readText(USE_PATHS.hibernation)), (text) => {
    const number = text.trim();
    if (number === '0:0') return null;
    return /^\d+:\d+$/.test(number) ? number : BROKEN;
  });
}
