import { BROKEN, type Known, mapKnown } from '../base/known.ts';
import { type HostReader, knownOf } from '../host/host-reader.ts';
import { LIMITS_PATH } from './paths.ts';

const NAME = 'Max locked memory';

/**
 * How much memory whoever reads may have programs lock, in bytes: the second number, which only root may raise, of
 * `Max locked memory         8388608              8388608              bytes` in `/proc/self/limits` (proc(5)). `null` for as
 * much as there is.
 */
export function readLockLimit(host: HostReader): Known<number> {
  return mapKnown(knownOf(host.readLines(LIMITS_PATH, [NAME])), ([line = '']) => {
    const [, hard = ''] = line.slice(NAME.length).trim().split(/\s+/);
    if (hard === 'unlimited') return null;
    return /^\d{1,15}$/.test(hard) ? Number(hard) : BROKEN;
  });
}
