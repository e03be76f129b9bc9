import type { HostReader, Reading } from '../host/host-reader.ts';
import type { PciDevice } from '../pci/device.ts';
import { moduleAliasesPath, PROC_PATHS } from './paths.ts';

/**
 * Where the table of module aliases of the running kernel is, by its release in `/proc/sys/kernel/osrelease`.
 * `null` where a release is none that could be part of a path.
 */
export function readAliasesPath(host: HostReader): Reading<string> {
  const release = host.readText(PROC_PATHS.kernelRelease);
  if (typeof release !== 'string') return release;
  return /^[\w.+~-]+$/.test(release.trim()) ? moduleAliasesPath(release.trim()) : null;
}

/**
 * Whether the kernel of a host says how devices can be reset, as Linux does since 5.15: then a device without
 * `reset_method` can't be. From `/proc/sys/kernel/osrelease` (`6.12.48+deb13-amd64`); where that is not there,
 * from whether any device has the attribute.
 */
export function tellsResetMethods(host: HostReader, devices: readonly PciDevice[]): boolean {
  const release = host.readText(PROC_PATHS.kernelRelease);
  const [, major, minor] = typeof release === 'string' ? (/^(\d+)\.(\d+)/.exec(release) ?? []) : [];
  if (major === undefined) return devices.some(({ resetMethods }) => resetMethods !== null);
  return Number(major) > 5 || (Number(major) === 5 && Number(minor) >= 15);
}
