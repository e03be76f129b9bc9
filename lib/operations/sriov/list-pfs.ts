import { isUnknown, type Known, knownValue } from '../../base/known.ts';
import type { PciDevice } from '../../pci/device.ts';
import { deviceAt } from '../../pci/device-at.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseSelectors } from '../../pci/selector/selector-parser.ts';
import type { PfLink } from '../../pci/sriov/pf-link.ts';
import type { VfsStatus } from '../../plan/sriov/vfs-status.ts';
import { isLinkFailure, readCapturedLink, readPfLink } from '../../sysfs/device/pf-link.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { type PendingRecovery, readPendingRecovery } from '../change/pending-recovery.ts';
import { suggestionFor } from '../inventory/host-view.ts';
import type { HostSession } from '../session/host-session.ts';
import { readVfsStatuses } from './persisted-pfs.ts';
import { PF_FIELDS } from './pf-state.ts';

/** The requested PFs. */
export interface ListPfsOptions {
  /** Selectors; a VF means its PF. All PFs by default. */
  readonly devices?: readonly string[];
}

/** A PF with its interface, `null` if it has none, and its VFs by their index. */
export interface ListedPf {
  readonly pf: PciDevice;
  readonly link: PfLink | null;
  readonly vfs: readonly PciDevice[];
  /** Whether it gets its VFs at each boot, and has them now; `null` if it is not persisted. */
  readonly persisted: Known<VfsStatus>;
}

/** The PFs of a host, with their VFs and settings. */
export interface PfsAnswer {
  readonly inventory: Inventory;
  readonly pfs: readonly ListedPf[];
  /** The selected devices, which may not support VFs. */
  readonly selected: readonly PciDevice[];
  /** If no device matches, a similar selector that does; `null` for none. */
  readonly suggestion: string | null;
  /** Whether a recorded PF differs from its record; one that was not found counts if all PFs are requested. */
  readonly isDrifted: boolean;
  /** The changes that were interrupted, or await confirmation. */
  readonly recovery: PendingRecovery['changes'];
  /** Further notes for the user: sentences. */
  readonly notes: readonly string[];
}

/**
 * Lists PFs with their VFs; the settings of VFs are known only for the live host, by `ip`.
 *
 * @throws PortalGunError BAD_SELECTOR, DEVICE_NOT_FOUND, and the errors of opening the host
 */
export async function listPfs(
  session: HostSession,
  { devices: words = [] }: ListPfsOptions = {},
): Promise<PfsAnswer> {
  const selectors = parseSelectors(words);
  const { host, ports, isCaptured } = session;
  const fields = new Set([...PF_FIELDS, ...selectors.flatMap((selector) => selector.fields)]);
  const inventory = readInventory(host, session.names, [...fields]);
  const selected = selectDevices(inventory.devices, selectors);
  const persisted = readVfsStatuses(host, inventory.devices);
  const pending = await readPendingRecovery(session);
  const notes = [...persisted.notes, ...pending.notes];
  const pfs: ListedPf[] = [];
  for (const pf of physicalFunctions(inventory.devices, selected)) {
    const asked = isCaptured ? null : await readPfLink(host, ports.runner, pf.address);
    if (isLinkFailure(asked)) {
      const why = 'missing' in asked ? `${asked.missing} is not installed` : asked.failed;
      notes.push(`${pf.address}: cannot read the settings of its VFs: ${why}`);
    }
    const link = asked === null || isLinkFailure(asked) ? readCapturedLink(host, pf.address) : asked;
    const role = knownValue(pf.sriov);
    const addresses = role?.role === 'pf' ? role.virtualFunctions : [];
    const vfs = addresses.flatMap((address) => deviceAt(inventory.devices, address) ?? []);
    pfs.push({ pf, link, vfs, persisted: persisted.of({ pf, link, vfs, card: null }) });
  }
  const isDrifted =
    (selectors.length === 0 && persisted.isLost) || pfs.some((each) => isOtherThanPersisted(each));
  const suggestion = suggestionFor(selectors, selected, inventory.devices);
  return { inventory, pfs, selected, suggestion, isDrifted, recovery: pending.changes, notes };
}

/** An unknown status counts, unless a captured host does not contain it. */
function isOtherThanPersisted({ persisted }: ListedPf): boolean {
  if (persisted === null || persisted === 'in-force') return false;
  return !isUnknown(persisted) || persisted.unknown !== 'unread';
}

/** The PFs among the selected devices, and the PFs of selected VFs. */
function physicalFunctions(
  devices: readonly PciDevice[],
  selected: readonly PciDevice[],
): readonly PciDevice[] {
  const wanted = new Set(
    selected.map(({ address, sriov }) => {
      const role = knownValue(sriov);
      return role?.role === 'vf' ? role.physicalFunction : address;
    }),
  );
  return devices.filter(({ address, sriov }) => wanted.has(address) && knownValue(sriov)?.role === 'pf');
}
