import { isUnknown, type Known, UNREAD } from '../../../base/known.ts';
import type { DeviceNode } from '../../../facts/host-use.ts';
import type { HostReader } from '../../../host/host-reader.ts';
import { SYS_PATHS } from '../../paths.ts';
import { readClass } from '../known-reading.ts';
import { regionFunctions } from '../storage/cxl-memory.ts';

/**
 * The devices on functions with a character node, from the links of `/sys/dev/char`: `4:68 ->
 * ../../devices/pci0000:00/0000:00:16.3/tty/ttyS4`. Every kernel has the directory. CXL memory is below no function,
 * and belongs to those of its region.
 */
export function readDeviceNodes(host: HostReader): Known<readonly DeviceNode[]> {
  const members = readClass(host, SYS_PATHS.characterDevices);
  if (members === null) return UNREAD;
  if (isUnknown(members)) return members;
  const nodes: DeviceNode[] = [];
  for (const { directory, function: on } of members) {
    const [name = '', above = ''] = directory.split('/').reverse();
    const isMemory = on === null && /^dax\d/.test(name);
    const functions = isMemory ? regionFunctions(host, directory) : on === null ? null : [on];
    if (isUnknown(functions)) return functions;
    const subsystem = isMemory ? 'dax' : subsystemAbove(above, directory);
    nodes.push(...(functions ?? []).map((each) => ({ name, subsystem, function: each })));
  }
  return nodes;
}

/** The class is the directory above a device, except for devices of a bus, and for devices below another device. */
function subsystemAbove(above: string, directory: string): string {
  if (/\/input\d+\/(event|mouse|js)\d+$/.test(directory)) return 'input';
  return /^usb\d+$|^\d+-[\d.]+$/.test(above) || /\/usb\d+$/.test(directory) ? 'usb' : above;
}
