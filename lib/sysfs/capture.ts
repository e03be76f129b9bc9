import { knownValue } from '../base/known.ts';
import type { HostReader } from '../host/host-reader.ts';
import { RecordingHost } from '../host/snapshot/recording-host.ts';
import type { Snapshot } from '../host/snapshot/snapshot.ts';
import { SnapshotHost } from '../host/snapshot/snapshot-host.ts';
import type { DeviceWith } from '../pci/device.ts';
import { NO_NAMES } from '../pci/pci-ids.ts';
import { readAliases } from './device/module-aliases.ts';
import { ALL_FIELDS, readInventory } from './device/read-inventory.ts';
import { readRegisteredDrivers } from './device/registered-drivers.ts';
import { readHostFacts } from './host-facts/read-host-facts.ts';
import { readLookups } from './host-lookup.ts';
import { readHostUse } from './host-use/read-host-use.ts';
import { readAliasesPath } from './kernel-release.ts';
import { FIX_PATHS, MACHINE_ID_PATH, PROC_PATHS } from './paths.ts';
import { readGroupAttributes } from './read-groups.ts';

// Facts that were recorded in this boot are not part of the current host, and are valid only in this boot.
const CAPTURED_FIELDS = ALL_FIELDS.filter((field) => field !== 'lastSeen');

/**
 * Captures a host: runs the ordinary readers for every fact of every device, and stores their reads as a snapshot,
 * with the original identifiers.
 *
 * @throws PortalGunError NO_PCI, PERMISSION_DENIED
 */
export function captureHost(host: HostReader): Snapshot {
  const recording = new RecordingHost(host);
  // A snapshot needs no names: its reader has a list of ids.
  const { devices } = readInventory(recording, NO_NAMES, CAPTURED_FIELDS);
  for (const group of new Set(devices.map(({ iommuGroup }) => knownValue(iommuGroup)))) {
    if (group !== undefined) readGroupAttributes(recording, group);
  }
  readHostFacts(recording);
  readHostUse(recording);
  readLookups(recording);
  // Not a fact of a device, but a simulated host needs it to know which driver would bind a device, including future
  // VFs.
  readRegisteredDrivers(recording);
  for (const device of devices) readModulesForVfs(recording, device);
  for (const path of [...Object.values(PROC_PATHS), ...Object.values(FIX_PATHS), MACHINE_ID_PATH]) {
    recording.readText(path);
  }
  // Stand-ins stay unchanged, and are not replaced again.
  const identifiers = host instanceof SnapshotHost ? host.snapshot.identifiers : 'raw';
  return { ...recording.snapshot(), identifiers };
}

/** The lines of the kernel's module table for the possible VFs of a PF. */
function readModulesForVfs(host: HostReader, { vendor, sriov }: DeviceWith<'vendor' | 'sriov'>): void {
  const role = knownValue(sriov);
  const vendorId = knownValue(vendor)?.id;
  const path = readAliasesPath(host);
  if (role?.role !== 'pf' || vendorId === undefined || typeof path !== 'string') return;
  const deviceId = knownValue(role.vfDeviceId);
  if (deviceId !== undefined) readAliases(host, path, moduleIds(vendorId, deviceId));
}

function moduleIds(vendorId: string, deviceId: string): string {
  const [vendor, device] = [vendorId, deviceId].map((id) => id.toUpperCase().padStart(8, '0'));
  return `pci:v${vendor}d${device}`;
}
