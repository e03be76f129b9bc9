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

/** Which PFs are asked about. */
export interface ListPfsOptions {
  /** Selectors; a VF means its PF. All PFs by default. */
  readonly devices?: readonly string[];
}

/** A PF with its interface, `null` where it has none, and its VFs by their index. */
export interface ListedPf {
  readonly pf: PciDevice;
  readonly link: PfLink | null;
  readonly vfs: readonly PciDevice[];
  /** Whether it gets its VFs at each boot, and has them now; `null` where it is not persisted. */
  readonly persisted: Known<VfsStatus>;
}

/** The PFs of a host, with their VFs and settings. */
export interface PfsAnswer {
  readonly inventory: Inventory;
  readonly pfs: readonly ListedPf[];
  /** The devices that were asked about, which need not make VFs. */
  readonly selected: readonly PciDevice[];
  /** If there is none, a selector that something is of, and that one of those that were given may be meant for; `null` for none. */
  readonly suggestion: string | null;
  /** Whether a PF that is written down is not as it was written down; one that is not found counts if all are asked about. */
  readonly isDrifted: boolean;
  /** The changes that were cut short, or await confirmation. */
  readonly recovery: PendingRecovery['changes'];
  /** What a person should know besides: sentences. */
  readonly notes: readonly string[];
}

/**
 * Lists PFs with their VFs; what these are set to is only known of the live host, by `ip`.
 *
 * @throws PortalGunError BAD_SELECTOR, DEVICE_NOT_FOUND, and what opening the host throws
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

/** What cannot be told counts, unless a captured host holds nothing of it. */
function isOtherThanPersisted({ persisted }: ListedPf): boolean {
  if (persisted === null || persisted === 'in-force') return false;
  return !isUnknown(persisted) || persisted.unknown !== 'unread';
}

/** Those among the selected that are PFs, and the PFs of those that are VFs. */
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
