import type { HostReader } from '../host/host-reader.ts';
import { LOCKDOWN_PATH } from './paths.ts';

/**
 * How far the kernel is locked down against root (kernel_lockdown(7)), from `/sys/kernel/security/lockdown`:
 * `none [integrity] confidentiality`. `null` where it can't be read, or is not of such a kernel.
 */
export function readLockdown(host: HostReader): string | null {
  const text = host.readText(LOCKDOWN_PATH);
  return typeof text === 'string' ? (/\[(\w{1,32})\]/.exec(text)?.[1] ?? null) : null;
}
