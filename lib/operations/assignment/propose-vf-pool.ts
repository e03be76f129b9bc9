import { findDefinitionSafety, findLoss, findSafety } from '../../apply/safety-reading.ts';
import { PortalGunError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import type { Finding } from '../../checks/finding.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { AssignedDevice } from '../../libvirt/assignment/assignment.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { PciDevice } from '../../pci/device.ts';
import { isOther } from '../../pci/persisted/find-persisted.ts';
import { concernedWith, virtualFunctionsOf } from '../../pci/selector/concerned-devices.ts';
import { selectOne } from '../../pci/selector/selector.ts';
import { assignmentSteps } from '../../plan/assignment/plan-assignment.ts';
import { attachmentSteps } from '../../plan/assignment/plan-attachment.ts';
import { planVfPool, type VfPoolProposal } from '../../plan/assignment/plan-vf-pool.ts';
import { guardOf } from '../../plan/guard.ts';
import type { Plan } from '../../plan/plan.ts';
import type { VfGoal, VfWishes } from '../../plan/sriov/vf-goal.ts';
import { planPersistPart } from '../binding/persist-part.ts';
import { readPersistedPfs } from '../binding/persistence.ts';
import { allowedOf } from '../change/allowed-names.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import { demandTargets, refuseUnread } from '../machines/target-machines.ts';
import type { HostSession } from '../session/host-session.ts';
import { findPfs, persistVfs, pfsWithTraits, readVfsStatuses } from '../sriov/persisted-pfs.ts';
import { readPfState } from '../sriov/pf-state.ts';
import type { AssignOptions } from './assign-options.ts';
import { readMachinesHere, virshHere } from './assignment-host.ts';
import type { AssignmentSubject } from './assignment-subject.ts';
import { type ChangeScope, scopeOf } from './change-scope.ts';
import { hostdevOptionsOf } from './hostdev-options.ts';
import { type HostdevState, readAssignmentState, withGroups } from './hostdev-state.ts';
import { applies, meantNow } from './live-attachments.ts';
import { startHookSteps } from './start-hook.ts';

/**
 * Proposes a VF of one PF for each VM; missing VFs are created first.
 *
 * @throws PortalGunError as `proposeAssignment`
 */
export async function proposeVfPool(
  session: HostSession,
  options: AssignOptions,
): Promise<HostProposal<AssignmentSubject>> {
  const allowed = allowedOf(options.allow ?? []);
  const { vlan } = hostdevOptionsOf(session, options);
  const selector = selectorOf(options);
  const virsh = virshHere(session);
  const handing = await readAssignmentState(session, SAFETY_FIELDS, (devices) => {
    const pf = selectOne(devices, selector);
    return concernedWith(devices, [pf, ...virtualFunctionsOf(devices, [pf])]);
  });
  const { host, isCaptured, ports } = session;
  const { inventory } = handing;
  const runner = isCaptured ? null : ports.runner;
  const state = await readPfState(host, runner, inventory, selectOne(inventory.devices, selector));
  const known = await readMachinesHere(session, virsh, 'edit', inventory.devices);
  const { machines } = known;
  refuseUnread(known);
  const scope = scopeOf(options);
  const { to = {} } = options;
  const targets = scope.config ? demandTargets(to, machines) : [];
  const now = meantNow(to, scope, machines);
  const safety = vfSafety(
    host,
    handing,
    state.vfs.map(({ address }) => address),
    scope.live,
  );
  const isSpare = (vf: PciAddress): boolean =>
    !safety.some(({ subject, severity, name }) => {
      return subject === vf && (severity === 'forbids' || (severity === 'refuses' && !allowed.has(name)));
    });
  const pool = planVfPool({
    ...{ state, targets, running: now.running, machines, vlan, isSpare, allowed },
    wishes: persistedWishes(host, inventory.devices, state.pf.address),
    isDead: (assigned) => isOfGonePf(host, assigned, inventory.devices),
  });
  refuseGroups(handing, pool);
  const plan = planOf(session, virsh.uri, pool, scope);
  const persistence =
    options.persist === true
      ? planPersistPart(session, plan.title, (records) => ({
          ...records,
          pfs: persistVfs(host, inventory.devices, pool.vfs, goalOf(pool), records.pfs),
        }))
      : null;
  const gained = new Set(gainedOf(pool));
  return proposalOf({
    plan: persistence?.extend(plan) ?? plan,
    findings: [
      ...findLoss(host, inventory.devices, pool.vfs.lost),
      ...safety.filter(
        (finding) => gained.has(finding.subject) && applies(finding, pool.attachments, inventory.devices),
      ),
    ],
    allowed,
    subject: {
      ...{ connect: virsh.uri, machineDiagnostics: known.diagnostics },
      ...{ scope, devices: [{ device: state.pf, asked: true, notes: [] }], skipped: now.skipped },
      ...{ assignments: pool.machines, attachments: pool.attachments, pool, persistence, left: null },
      bootNotes: persistence === null && scope.config ? bootNotes(host, handing, pool) : [],
    },
    inventory,
    diagnostics: inventory.diagnostics.filter(({ subject }) => subject === state.pf.address),
    changesOnlyMachines: plan.steps.every(
      ({ change: { kind } }) => kind === 'assignment' || kind === 'attachment',
    ),
    scriptObstacle: persistence?.scriptObstacle ?? null,
  });
}

function selectorOf({ devices, rom }: AssignOptions): string {
  const [selector = '', ...more] = devices;
  if (more.length > 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'needs one PF, but several devices are given', {
      subject: '--policy vf-pool',
      hint: 'use one PF; to list them: pci sriov list',
    });
  }
  if (rom !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'does not apply to VFs: they have no option ROM', {
      subject: '--rom',
      hint: 'omit it',
    });
  }
  return selector;
}

/** The persisted settings of the VFs of a PF, by their index. */
function persistedWishes(
  host: HostReader,
  devices: readonly PciDevice[],
  pf: PciAddress,
): readonly VfWishes[] {
  const found = findPfs(host, readPersistedPfs(host), devices).find(
    ({ whereabouts: { kind, device } }) => (kind === 'here' || kind === 'moved') && device.address === pf,
  );
  return found?.entry.vfs ?? [];
}

/** Whether a VM was assigned a VF of a pool whose PF is no longer on the host. */
function isOfGonePf(
  host: HostReader,
  { assignment }: AssignedDevice,
  devices: readonly PciDevice[],
): boolean {
  const vf = assignment?.device.vf;
  // An earlier version did not record the PF.
  if (assignment?.policy !== 'vf-pool' || vf === undefined) return false;
  return pfsWithTraits(host, devices, [vf.pf]).every((pf) => isOther(vf.pf, pf));
}

function vfSafety(
  host: HostReader,
  { inventory, groups }: HostdevState,
  vfs: readonly PciAddress[],
  isLive: boolean,
): readonly Finding[] {
  return isLive
    ? findSafety(host, inventory, groups, vfs, null)
    : findDefinitionSafety(host, inventory, groups, vfs);
}

/** The existing VFs that VMs get. */
function gainedOf({ machines, attachments }: VfPoolProposal): readonly PciAddress[] {
  const gained = [...machines, ...attachments].flatMap(({ gained, isMade, vf }) =>
    gained.length > 0 && !isMade ? [vf.address] : [],
  );
  return [...new Set(gained)];
}

/**
 * Refuses VFs that leave the host together with other devices: no VM could have one on its own.
 *
 * @throws PortalGunError CANNOT_BE_GIVEN
 */
function refuseGroups(handing: HostdevState, pool: VfPoolProposal): void {
  for (const address of gainedOf(pool)) {
    const vf = handing.inventory.devices.filter((device) => device.address === address);
    const [other] = withGroups(handing, vf).filter((device) => device.address !== address);
    if (other === undefined) continue;
    throw new PortalGunError('CANNOT_BE_GIVEN', `shares its IOMMU group with ${other.address}`, {
      subject: address,
      hint: 'each VF must be in an IOMMU group of its own; to show the groups: pci groups',
    });
  }
}

function planOf(
  session: HostSession,
  uri: string,
  { vfs, machines, attachments }: VfPoolProposal,
  scope: ChangeScope,
): Plan {
  const { pf } = vfs.state;
  // Steps that can be undone without a guest come first.
  const steps = [
    ...vfs.plan.steps,
    ...(scope.config ? startHookSteps(session, true) : []),
    ...machines.flatMap((each) => assignmentSteps(uri, each, each.gained.length === 0 ? [] : [each.vf])),
    ...attachments.flatMap((each) => attachmentSteps(uri, each, [each.vf])),
  ];
  const whom = scope.config ? machines : attachments;
  const to = whom.length === 1 ? whom[0]?.machine.name : `each of ${count(whom.length, 'VM')}`;
  const when = scope.config && scope.live ? ', and attach it if the VM runs' : '';
  return {
    title: `${scope.config ? 'Assign' : 'Attach'} a VF of ${pf.address} to ${to}${when}`,
    guards: steps.length === 0 ? [] : [guardOf(pf)],
    steps,
  };
}

function goalOf({ vfs: { to } }: VfPoolProposal): VfGoal {
  return { count: to.count, autoprobe: null, all: {}, each: new Map(), isUp: true };
}

/** What happens to the VFs at the next boot, if they are not persisted. */
function bootNotes(
  host: HostReader,
  { inventory }: HostdevState,
  { vfs }: VfPoolProposal,
): readonly string[] {
  const { state, to } = vfs;
  const { pf } = state;
  const status = readVfsStatuses(host, inventory.devices).of(state);
  if (typeof status === 'string') return [];
  return [
    `after the next boot ${pf.address} has no VFs and these VMs do not start; to keep the VFs: --persist, or pci sriov set ${pf.address} --vfs ${to.count} --persist`,
  ];
}
