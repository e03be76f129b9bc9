import type { HostReader } from '../host/host-reader.ts';
import { LOCKDOWN_PATH } from './paths.ts';

/**
 * The lockdown state of the kernel (kernel_lockdown(7)), from `/sys/kernel/security/lockdown`: `none [integrity]
 * confidentiality`. `null` if it cannot be read, or if the kernel does not support it.
 */
export function readLockdown(host: HostReader): string | null {
  const text = host.readText(LOCKDOWN_PATH);
  return typeof text === 'string' ? (/\[(\w{1,32})\]/.exec(text)?.[1] ?? null) : null;
}
