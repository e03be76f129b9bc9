import { isUnknown } from '../base/known.ts';
import type { HostReader, Reading } from '../host/host-reader.ts';
import type { DeviceWith } from '../pci/device.ts';
import { busEntryPath, moduleAliasesPath, PROC_PATHS } from './paths.ts';

/**
 * The path of the running kernel's table of module aliases, by its release in `/proc/sys/kernel/osrelease`. `null` if
 * the release cannot be part of a path.
 */
export function readAliasesPath(host: HostReader): Reading<string> {
  const release = host.readText(PROC_PATHS.kernelRelease);
  if (typeof release !== 'string') return release;
  return /^[\w.+~-]+$/.test(release.trim()) ? moduleAliasesPath(release.trim()) : null;
}

/** The Linux version of a kernel; `patch` is `null` if its distribution has its own numbers, as in `6.1.0-18-amd64`. */
export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number | null;
}

/** The version of the running kernel, from `/proc/sys/kernel/osrelease`; `null` if it is unknown. */
export function readKernelVersion(host: HostReader): KernelVersion | null {
  const release = host.readText(PROC_PATHS.kernelRelease);
  return typeof release === 'string' ? parseKernelVersion(release.trim()) : null;
}

/** The version in a release such as `6.12.48+deb13-amd64`. */
export function parseKernelVersion(release: string): KernelVersion | null {
  const [, major, minor, patch, rest = ''] = /^(\d+)\.(\d+)(?:\.(\d+))?(.*)/.exec(release) ?? [];
  if (major === undefined) return null;
  // A distribution with an ABI number always has patch 0.
  const isOwnCount = patch === undefined || (Number(patch) === 0 && rest !== '');
  return { major: Number(major), minor: Number(minor), patch: isOwnCount ? null : Number(patch) };
}

/**
 * Whether the kernel of a host lists reset methods, as Linux does since 5.15; if so, a device without `reset_method`
 * cannot be reset. From `/proc/sys/kernel/osrelease` (`6.12.48+deb13-amd64`); if that is missing, by a search for a
 * device with the attribute.
 */
export function tellsResetMethods(host: HostReader, devices: readonly DeviceWith<'resetMethods'>[]): boolean {
  const version = readKernelVersion(host);
  if (version === null) return devices.some((device) => hasResetMethods(host, device));
  return version.major > 5 || (version.major === 5 && version.minor >= 15);
}

function hasResetMethods(host: HostReader, { address, resetMethods }: DeviceWith<'resetMethods'>): boolean {
  return isUnknown(resetMethods) && resetMethods.unknown === 'unread'
    ? host.exists(`${busEntryPath(address)}/reset_method`)
    : resetMethods !== null;
}
