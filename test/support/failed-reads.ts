import { PortalGunError } from '../../lib/base/errors.ts';
import { type Finding, refusalsAmong } from '../../lib/checks/finding.ts';
import { checkSafety } from '../../lib/checks/safety/check-safety.ts';
import { SAFETY_FIELDS } from '../../lib/checks/safety/safety-fields.ts';
import type { HostReader, ReadFailure, Reading } from '../../lib/host/host-reader.ts';
import type { PciAddress } from '../../lib/pci/address.ts';
import { groupDevices } from '../../lib/pci/group/iommu-group.ts';
import { readLiveUse } from '../../lib/sysfs/host-use/live-use.ts';
import { readHostUse } from '../../lib/sysfs/host-use/read-host-use.ts';
import { readGroupAttributes } from '../../lib/sysfs/read-groups.ts';
import { readHost } from './reading.ts';

/** The rules that stop taking one function from a host, with all facts read from it. */
export function stoppedBy(host: HostReader, address: string): readonly Finding[] {
  const { devices } = readHost(host, SAFETY_FIELDS);
  const findings = checkSafety([address as PciAddress], {
    devices,
    groups: groupDevices(devices, (group) => readGroupAttributes(host, group)),
    use: readHostUse(host),
    live: readLiveUse(host),
    tellsResetMethods: true,
  });
  return refusalsAmong(findings, new Set());
}

const FAILURES: readonly ReadFailure[] = [
  { unknown: 'denied', detail: 'EACCES' },
  { unknown: 'broken', detail: 'EIO' },
];

/**
 * Checks a function that a host uses once for each path that is read for it, each time with one read refused or
 * broken. Returns the reads after which no rule stops taking the function: there must be none.
 */
export function freeAfterOneFailure(host: HostReader, address: string): readonly string[] {
  const paths = new Set<string>();
  stoppedBy(
    watched(host, (path) => {
      paths.add(path);
      return null;
    }),
    address,
  );
  return [...paths].sort().flatMap((path) =>
    FAILURES.filter((failure) => {
      const failing = watched(host, (each) => (each === path ? failure : null));
      return isFree(failing, address);
    }).map(({ detail }) => `${path} ${detail}`),
  );
}

function isFree(host: HostReader, address: string): boolean {
  try {
    return stoppedBy(host, address).length === 0;
  } catch (error) {
    // It is no longer found, or no host can be read, so nothing is taken.
    if (error instanceof PortalGunError) return false;
    throw error;
  }
}

/** A host that calls a function for each path that is read, and fails if it returns a failure. */
function watched(host: HostReader, look: (path: string) => ReadFailure | null): HostReader {
  const read = <T>(path: string, answer: () => Reading<T>): Reading<T> => look(path) ?? answer();
  return {
    label: host.label,
    readBytes: (path) => read(path, () => host.readBytes(path)),
    readText: (path) => read(path, () => host.readText(path)),
    readLink: (path) => read(path, () => host.readLink(path)),
    list: (path) => read(path, () => host.list(path)),
    status: (path) => read(path, () => host.status(path)),
    deviceNumber: (path) => read(path, () => host.deviceNumber(path)),
    exists: (path) => look(path) === null && host.exists(path),
    readLines: (path, prefixes) => read(path, () => host.readLines(path, prefixes)),
    readTable: (path) => read(path, () => host.readTable(path)),
  };
}
