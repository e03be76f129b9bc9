import type { HostReader } from '../host/host-reader.ts';
import { BOOT_ID_PATH } from './paths.ts';

/** What tells one boot of a machine from another, `/proc/sys/kernel/random/boot_id`; `null` where it can't be read. */
export function readBootId(host: HostReader): string | null {
  const text = host.readText(BOOT_ID_PATH);
  return typeof text === 'string' && text.trim() !== '' ? text.trim() : null;
}
