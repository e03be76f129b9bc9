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
import type { PciNames } from '../../pci/pci-ids.ts';
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
  const { names } = after;
  const first = readCompared(before, names, false);
  // A large snapshot takes more memory than its devices, and the second is read without the first.
  before.forgetHost();
  const second = readCompared(after, names, first.isReplaced);
  // Stand-ins can only be compared with stand-ins.
  const isToBeReplaced = second.isReplaced && !first.isReplaced;
  const earlier = isToBeReplaced ? readCompared(before, names, true).inventory : first.inventory;
  const later = second.inventory;
  return { before: earlier, after: later, differences: compareInventories(earlier, later) };
}

interface ComparedHost {
  readonly inventory: Inventory<ComparedDevice>;
  /** Whether the host came with stand-ins. */
  readonly isReplaced: boolean;
}

/** @param asReplaced whether identifiers of its own are replaced by stand-ins */
function readCompared({ host }: HostSession, names: PciNames, asReplaced: boolean): ComparedHost {
  const isReplaced = isRedacted(host);
  const read = asReplaced && !isReplaced ? redacted(host) : host;
  return { inventory: readInventory(read, names, DIFFERENCE_FIELDS), isReplaced };
}

function isRedacted(host: HostReader): boolean {
  return host instanceof SnapshotHost && host.snapshot.identifiers === 'replaced';
}

function redacted(host: HostReader): HostReader {
  return new SnapshotHost(replaceIdentifiers(captureHost(host)));
}
