import type { HostReader } from '../host/host-reader.ts';
import { BOOT_ID_PATH } from './paths.ts';

/** The id of the current boot, `/proc/sys/kernel/random/boot_id`; `null` if it cannot be read. */
export function readBootId(host: HostReader): string | null {
  const text = host.readText(BOOT_ID_PATH);
  return typeof text === 'string' && text.trim() !== '' ? text.trim() : null;
}
