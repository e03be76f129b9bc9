import { findLoss } from '../../apply/safety-reading.ts';
import { PortalGunError } from '../../base/errors.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import { concernedWith } from '../../pci/selector/concerned-devices.ts';
import { selectOne } from '../../pci/selector/selector.ts';
import { parseSelector } from '../../pci/selector/selector-parser.ts';
import { planVfs, type VfsProposal } from '../../plan/sriov/plan-vfs.ts';
import type { VfGoal, VfWishes } from '../../plan/sriov/vf-goal.ts';
import { badValue } from '../../plan/sriov/vf-setting-texts.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { type PersistPart, planPersistPart } from '../binding/persist-part.ts';
import { allowedOf } from '../change/allowed-names.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import type { HostSession } from '../session/host-session.ts';
import { persistedVfsNotes, persistVfs } from './persisted-pfs.ts';
import { PF_FIELDS, readPf } from './pf-state.ts';

/** The requested VFs of a PF; omitted settings are unchanged. */
export interface SetVfsOptions {
  /** A selector that means one PF. */
  readonly pf: string;
  /** The number of VFs; 0 for none. */
  readonly vfs?: number | undefined;
  /** Whether the kernel probes for drivers of new VFs. */
  readonly autoprobe?: boolean | undefined;
  /** The settings of all VFs. */
  readonly all?: VfWishes;
  /** The additional settings of single VFs, by their index. */
  readonly each?: ReadonlyMap<number, VfWishes>;
  /** Whether the interface of the PF is set up if there are VFs; by default it is. */
  readonly up?: boolean | undefined;
  /** Whether the state applies at each boot as well; without VFs, the record is removed. */
  readonly persist?: boolean;
  /** The names of accepted safety rules. */
  readonly allow?: readonly string[];
}

/** The subject of a proposal to set VFs. */
export interface SetVfsSubject {
  readonly vfs: VfsProposal;
  /** The changes to persisted VFs; `null` if there are none. */
  readonly persistence: PersistPart | null;
}

/** The maximum of `sriov_numvfs`. */
export const MAX_VFS = 65535;

/**
 * Proposes to set the number of VFs of a PF, and their settings.
 *
 * @throws PortalGunError BAD_ARGUMENT, BAD_SELECTOR, DEVICE_NOT_FOUND, AMBIGUOUS_DEVICE, NO_SRIOV, TOOL_MISSING,
 * TOOL_FAILED, BAD_RECORD,
 *   CANNOT_PERSIST, PERMISSION_DENIED, and the errors of opening the host
 */
export async function proposeVfs(
  session: HostSession,
  options: SetVfsOptions,
): Promise<HostProposal<SetVfsSubject>> {
  const { pf: selector, persist = false, allow = [] } = options;
  const goal = goalOf(options);
  const allowed = allowedOf(allow);
  const { host } = session;
  const fields = new Set([...PF_FIELDS, ...SAFETY_FIELDS, ...parseSelector(selector).fields]);
  // VFs that disappear are checked without facts from the devices themselves.
  const inventory = readInventory(host, session.names, [...fields], (devices) =>
    concernedWith(devices, [selectOne(devices, selector)]),
  );
  const state = await readPf(session, inventory, selectOne(inventory.devices, selector));
  const vfs = planVfs(state, goal);
  const persistence = persist
    ? planPersistPart(session, persistTitle(vfs), (records) => ({
        ...records,
        pfs: persistVfs(host, inventory.devices, vfs, goal, records.pfs),
      }))
    : null;
  return proposalOf({
    plan: persistence?.extend(vfs.plan) ?? vfs.plan,
    findings: findLoss(host, inventory.devices, vfs.lost),
    allowed,
    subject: { vfs, persistence },
    inventory,
    notes: persist ? [] : persistedVfsNotes(host, inventory.devices, vfs, goal),
    diagnostics: inventory.diagnostics,
    scriptObstacle: persistence?.scriptObstacle ?? null,
  });
}

function goalOf({ vfs, autoprobe, all = {}, each = new Map(), up = true }: SetVfsOptions): VfGoal {
  if (vfs === undefined && autoprobe === undefined && each.size === 0 && Object.keys(all).length === 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'nothing to set', {
      hint: 'use --vfs NUMBER, or a setting; see pci sriov set --help',
    });
  }
  if (vfs !== undefined && !(Number.isInteger(vfs) && vfs >= 0 && vfs <= MAX_VFS)) {
    throw badValue('--vfs', String(vfs), 'a number of VFs: 4; 0 for none');
  }
  return { count: vfs ?? null, autoprobe: autoprobe ?? null, all, each, isUp: up };
}

/** The title of a plan that changes only the persisted VFs of a PF. */
function persistTitle({ state: { pf }, to }: VfsProposal): string {
  return to.count === 0
    ? `Remove the persisted VFs of ${pf.address}`
    : `Persist the VFs of ${pf.address} over reboots`;
}
