import type { HostReader } from '../host/host-reader.ts';
import { UPTIME_PATH } from './paths.ts';

/**
 * How long a machine has been up, in ms, from `/proc/uptime` (`12345.67 9876.54`): a clock that nobody sets; `null`
 * where it can't be read.
 */
export function readUptimeMs(host: HostReader): number | null {
  const text = host.readText(UPTIME_PATH);
  const seconds = typeof text === 'string' ? /^\d+(\.\d+)?(?= )/.exec(text)?.[0] : undefined;
  return seconds === undefined ? null : Math.round(Number(seconds) * 1000);
}
