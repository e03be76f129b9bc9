import type { DeviceNumber, HostReader, Reading } from '../../lib/host/host-reader.ts';

/**
 * A host whose open files have device numbers, by the path of the file (`/proc/812/fd/7`), as on a live machine; any
 * other file is not a device.
 */
export function numberedHost(
  host: HostReader,
  numbers: Readonly<Record<string, Reading<DeviceNumber>>>,
): HostReader {
  return {
    label: host.label,
    readBytes: (path) => host.readBytes(path),
    readText: (path) => host.readText(path),
    readLink: (path) => host.readLink(path),
    list: (path) => host.list(path),
    status: (path) => host.status(path),
    deviceNumber: (path) => numbers[path] ?? null,
    exists: (path) => host.exists(path),
    readLines: (path, prefixes) => host.readLines(path, prefixes),
    readTable: (path) => host.readTable(path),
  };
}
