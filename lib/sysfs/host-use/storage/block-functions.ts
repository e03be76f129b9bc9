import { isUnknown, type Known, mapKnown } from '../../../base/known.ts';
import { resolveLink } from '../../../host/file/resolve-link.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import type { PciAddress } from '../../../pci/address.ts';
import { SYS_PATHS } from '../../paths.ts';
import { type ClassMember, functionIn, readClass } from '../known-reading.ts';

/**
 * The functions of a disk that is below none: for an NVMe disk with several paths, those of the controllers that its
 * subsystem links (`nvme-subsys0/nvme0`); for persistent CXL memory, those of all CXL memory devices, because any may
 * be part of it.
 */
export function functionsBehind(
  host: HostReader,
  { name, directory }: ClassMember,
): Known<readonly PciAddress[]> {
  const subsystem = /^.*\/nvme-subsystem\/[^/]+(?=\/)/.exec(directory)?.[0];
  if (subsystem !== undefined) return functionsIn(host, subsystem);
  if (!name.startsWith('pmem') || !directory.includes('/nvdimm-bridge')) return [];
  return mapKnown(readClass(host, SYS_PATHS.cxlDevices), (devices) =>
    devices.flatMap((device) =>
      /^mem\d+$/.test(device.name) && device.function !== null ? [device.function] : [],
    ),
  );
}

function functionsIn(host: HostReader, subsystem: string): Known<readonly PciAddress[]> {
  const names = knownOf(host.list(subsystem));
  if (isUnknown(names)) return names;
  const functions: PciAddress[] = [];
  for (const name of (names ?? []).filter((each) => /^nvme\d+$/.test(each))) {
    const target = knownOf(host.readLink(`${subsystem}/${name}`));
    if (isUnknown(target)) return target;
    const controller = target === null ? null : resolveLink(`${subsystem}/${name}`, target);
    const on = controller === null ? null : functionIn(controller);
    if (on !== null) functions.push(on);
  }
  return functions;
}
