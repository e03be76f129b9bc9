import { PortalGunError } from '../../base/errors.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceRequest, PciDevice } from '../../pci/device.ts';
import { deviceAt } from '../../pci/device-at.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { NO_NAMES } from '../../pci/pci-ids.ts';
import { goalOf, type PersistedPf, parseVfs, VFS_PATH } from '../../plan/sriov/persisted-vfs.ts';
import { planVfs, type VfsProposal } from '../../plan/sriov/plan-vfs.ts';
import { planRestoredVfs } from '../../plan/sriov/restore-vfs.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { readPersistedPfs } from '../binding/persistence.ts';
import { loadAllowed, type RestoreOptions } from '../binding/propose-restore-bindings.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import type { LeftEntry, LeftReason } from '../change/left-entry.ts';
import { type PendingRecovery, pendingProblem, readPendingRecovery } from '../change/pending-recovery.ts';
import type { HostSession } from '../session/host-session.ts';
import { type FoundPf, findPfs } from './persisted-pfs.ts';
import { PF_FIELDS, readPf } from './pf-state.ts';

/** The subject of a proposal to restore VFs. */
export interface RestoreVfsSubject {
  /** The recorded VFs for each boot. */
  readonly entries: readonly PersistedPf[];
  /** The PFs that were found with certainty and whose VFs are not in use, including those that already match. */
  readonly pfs: readonly VfsProposal[];
  /** The persisted entries that are left. */
  readonly left: readonly LeftEntry[];
}

/**
 * Proposes to create and configure the persisted VFs of each PF that was found with certainty and whose VFs are not
 * in use. The others are left.
 *
 * @throws PortalGunError BAD_ARGUMENT, BAD_RECORD, PERMISSION_DENIED, and the errors of opening the host
 */
export async function proposeRestoreVfs(
  session: HostSession,
  { allow = [], preview = false }: RestoreOptions = {},
): Promise<HostProposal<RestoreVfsSubject>> {
  const allowed = await loadAllowed(allow);
  const { host } = session;
  const entries = readPersistedPfs(host);
  const inventory = readInventory(host, session.names, PF_FIELDS, withSriov, OF_SRIOV);
  const pending = await readPendingRecovery(session);
  const restoration: Restoration = {
    session,
    inventory,
    pending,
    stops: async (lost) =>
      refusalsAmong(await findingsOf(host, lost), allowed).find(
        ({ severity }) => !preview || severity !== 'unknown',
      ),
  };
  const pfs: VfsProposal[] = [];
  const left: LeftEntry[] = [];
  for (const found of findPfs(host, entries, inventory.devices)) {
    const outcome = await proposeOne(found, restoration);
    if ('reason' in outcome) left.push(outcome);
    else pfs.push(outcome);
  }
  return proposalOf({
    plan: planRestoredVfs(pfs),
    findings: await findingsOf(
      host,
      pfs.filter(({ plan }) => plan.steps.length > 0).flatMap(({ lost }) => lost),
    ),
    allowed,
    subject: { entries, pfs, left },
    inventory,
    notes: pending.notes,
    diagnostics: inventory.diagnostics,
    goesOnBeside: true,
  });
}

/** The facts that only PFs and VFs are asked for. */
const OF_SRIOV: ReadonlySet<DeviceRequest> = new Set(PF_FIELDS.filter((field) => field !== 'sriov'));

/** The PFs and VFs of a host, and what may be one. */
function withSriov(devices: readonly PciDevice[]): readonly PciDevice[] {
  return devices.filter(({ sriov }) => sriov !== null);
}

interface Restoration {
  readonly session: HostSession;
  readonly inventory: Inventory;
  readonly pending: PendingRecovery;
  /** The findings that prevent removing VFs. */
  stops(lost: readonly PciAddress[]): Promise<Finding | undefined>;
}

/** The proposal for the PF of an entry, or why it is left. */
async function proposeOne(
  { entry, whereabouts: { kind, device } }: FoundPf,
  { session, inventory, pending, stops }: Restoration,
): Promise<VfsProposal | LeftEntry> {
  const pf = deviceAt(inventory.devices, device?.address);
  if (pf === undefined || (kind !== 'here' && kind !== 'moved')) {
    const state = kind === 'here' ? 'missing' : kind;
    return { address: entry.address, reason: { kind: 'not-found', state, binding: null } };
  }
  const leave = (reason: LeftReason): LeftEntry => ({ address: pf.address, reason });
  try {
    const proposal = planVfs(await readPf(session, inventory, pf), goalOf(entry));
    const open =
      proposal.plan.steps.length === 0
        ? null
        : pendingProblem(pending, entry, [pf.address, ...proposal.lost], VFS_PATH, parseVfs);
    if (open !== null) return leave({ kind: 'problem', problem: open });
    const finding = await stops(proposal.lost);
    return finding === undefined ? proposal : leave({ kind: 'refused', finding });
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    return leave({ kind: 'problem', problem: problemOf(error, pf.address) });
  }
}

/** The message without the name of an option that was not given. */
function problemOf({ subject, message }: PortalGunError, pf: PciAddress): string {
  return subject === null || subject === pf || subject.startsWith('--') ? message : `${subject} ${message}`;
}

/** The findings that prevent removing VFs. At a boot there are no VFs, so the slow reading of their uses is skipped. */
async function findingsOf(host: HostReader, lost: readonly PciAddress[]): Promise<readonly Finding[]> {
  if (lost.length === 0) return [];
  const { findLoss } = await import('../../apply/safety-reading.ts');
  return findLoss(host, readInventory(host, NO_NAMES, SAFETY_FIELDS).devices, lost);
}
