import { BROKEN, type Known, mapKnown } from '../base/known.ts';
import { type HostReader, knownOf } from '../host/host-reader.ts';
import { LIMITS_PATH } from './paths.ts';

const NAME = 'Max locked memory';

/**
 * The limit of locked memory that the reader can set for programs, in bytes: the second number, which only root may
 * raise, of `Max locked memory         8388608              8388608              bytes` in `/proc/self/limits`
 * (proc(5)). `null` for unlimited.
 */
export function readLockLimit(host: HostReader): Known<number> {
  return mapKnown(knownOf(host.readLines(LIMITS_PATH, [NAME])), ([line = '']) => {
    const [, hard = ''] = line.slice(NAME.length).trim().split(/\s+/);
    if (hard === 'unlimited') return null;
    return /^\d{1,15}$/.test(hard) ? Number(hard) : BROKEN;
  });
}
