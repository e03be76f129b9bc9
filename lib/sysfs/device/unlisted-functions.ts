import { type HostReader, isFailure } from '../../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../../pci/address.ts';
import { SYS_PATHS } from '../paths.ts';
import type { DeviceSource, Report } from './device-source.ts';

const MAX_DEPTH = 64;

/**
 * Reports functions that are in the device tree but not on the bus: a capture lost a link, or the kernel is adding or
 * removing them. Reads the roots and every directory that contains a listed function.
 */
export function findUnlistedFunctions(
  host: HostReader,
  sources: readonly DeviceSource[],
  report: Report,
): void {
  const known = new Set<PciAddress>(sources.map((source) => source.address));
  const directories = new Set(sources.map(({ directory }) => directory.slice(0, directory.lastIndexOf('/'))));
  const roots = host.list(SYS_PATHS.deviceTree);
  for (const name of roots === null || isFailure(roots) ? [] : roots) {
    if (/^pci[0-9a-f]+:[0-9a-f]{2}$/.test(name)) directories.add(`${SYS_PATHS.deviceTree}/${name}`);
  }
  for (const directory of directories) {
    if (directory.startsWith(`${SYS_PATHS.deviceTree}/`)) look(host, directory, known, report, 0);
  }
}

function look(
  host: HostReader,
  directory: string,
  known: Set<PciAddress>,
  report: Report,
  depth: number,
): void {
  const names = host.list(directory);
  if (names === null || isFailure(names) || depth > MAX_DEPTH) return;
  for (const name of names) {
    if (!isPciAddress(name) || known.has(name)) continue;
    known.add(name);
    report({
      subject: name,
      code: 'DEVICE_NOT_ON_BUS',
      message: `is in ${directory} but is not listed on the PCI bus; it is ignored`,
    });
    look(host, `${directory}/${name}`, known, report, depth + 1);
  }
}
