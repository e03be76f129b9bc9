import type { HostReader } from '../../host/host-reader.ts';
import { SnapshotHost } from '../../host/snapshot/snapshot-host.ts';
import type { DeviceWith } from '../../pci/device.ts';
import {
  compareInventories,
  type DeviceDifference,
  DIFFERENCE_FIELDS,
  type DifferenceField,
} from '../../pci/difference.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { captureHost } from '../../sysfs/capture.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { replaceIdentifiers } from '../../sysfs/redaction/replace-identifiers.ts';
import type { HostSession } from '../session/host-session.ts';

type ComparedDevice = DeviceWith<DifferenceField>;

/** Two hosts, or one host at two times, and the differences between them. */
export interface HostComparison {
  readonly before: Inventory<ComparedDevice>;
  readonly after: Inventory<ComparedDevice>;
  /** The devices that came, disappeared, moved or changed. */
  readonly differences: readonly DeviceDifference<ComparedDevice>[];
}

/**
 * Compares the devices of two hosts. If one is a snapshot with stand-ins for its identifiers, the other is compared
 * by stand-ins too.
 *
 * @throws PortalGunError NO_PCI, and the errors of opening the hosts
 */
export function compareHosts(before: HostSession, after: HostSession): HostComparison {
  const [first, second] = [before.host, after.host];
  const { names } = after;
  // Stand-ins can only be compared with stand-ins.
  const replaced = isRedacted(first) || isRedacted(second);
  const earlier = readInventory(replaced ? redacted(first) : first, names, DIFFERENCE_FIELDS);
  const later = readInventory(replaced ? redacted(second) : second, names, DIFFERENCE_FIELDS);
  return { before: earlier, after: later, differences: compareInventories(earlier, later) };
}

function isRedacted(host: HostReader): boolean {
  return host instanceof SnapshotHost && host.snapshot.identifiers === 'replaced';
}

function redacted(host: HostReader): HostReader {
  return isRedacted(host) ? host : new SnapshotHost(replaceIdentifiers(captureHost(host)));
}
