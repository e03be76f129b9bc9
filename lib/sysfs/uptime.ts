import type { HostReader } from '../host/host-reader.ts';
import { UPTIME_PATH } from './paths.ts';

/**
 * The uptime of a machine, in ms, from `/proc/uptime` (`12345.67 9876.54`): a clock that no user sets; `null` if it
 * cannot be read.
 */
export function readUptimeMs(host: HostReader): number | null {
  const text = host.readText(UPTIME_PATH);
  const seconds = typeof text === 'string' ? /^\d+(\.\d+)?(?= )/.exec(text)?.[0] : undefined;
  return seconds === undefined ? null : Math.round(Number(seconds) * 1000);
}
