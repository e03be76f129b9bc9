import { findDefinitionSafety, findLoss, findSafety } from '../apply/safety-reading.ts';
import { PortalGunError } from '../base/errors.ts';
import { count } from '../base/text.ts';
import type { Finding } from '../checks/finding.ts';
import { SAFETY_FIELDS } from '../checks/safety/safety-fields.ts';
import type { HostReader } from '../host/host-reader.ts';
import { LiveRunner } from '../host/live/live-runner.ts';
import type { AssignedDevice } from '../libvirt/assignment/assignment.ts';
import { readMachines } from '../libvirt/machine/read-machines.ts';
import { type HostdevState, withGroups } from '../operations/assignment/hostdev-state.ts';
import { planPersistPart } from '../operations/binding/persist-part.ts';
import { readPersistedPfs } from '../operations/binding/persistence.ts';
import { proposalOf } from '../operations/change/host-proposal.ts';
import { allowedOf } from '../operations/change/refusals.ts';
import { findPfs, persistVfs, pfsWithTraits, readVfsStatuses } from '../operations/sriov/persisted-pfs.ts';
import { readPfState } from '../operations/sriov/pf-state.ts';
import type { PciAddress } from '../pci/address.ts';
import type { PciDevice } from '../pci/device.ts';
import { isOther } from '../pci/persisted/find-persisted.ts';
import { concernedWith, virtualFunctionsOf } from '../pci/selector/concerned-devices.ts';
import { selectOne } from '../pci/selector/selector.ts';
import { assignmentSteps } from '../plan/assignment/plan-assignment.ts';
import { attachmentSteps } from '../plan/assignment/plan-attachment.ts';
import { planVfPool, type VfPoolProposal } from '../plan/assignment/plan-vf-pool.ts';
import { guardOf } from '../plan/guard.ts';
import type { Plan } from '../plan/plan.ts';
import type { VfGoal, VfWishes } from '../plan/sriov/vf-goal.ts';
import { renderPersistence } from '../render/change/persistence-text.ts';
import { persistenceDetails } from '../render/change/plan-document.ts';
import { attachmentDetails } from '../render/machine/attachment-text.ts';
import { renderVfPool, vfPoolDetails } from '../render/sriov/vf-pool-text.ts';
import { hostLookup } from '../sysfs/host-lookup.ts';
import type { AssignValues } from './assign-values.ts';
import { assignmentRemarks, readAssignmentState } from './assignment-state.ts';
import { type ChangeScope, scopeOf } from './change-scope.ts';
import type { CommandResult } from './grammar/command.ts';
import { hostdevOptionsOf } from './hostdev-options.ts';
import { applies, meantNow } from './live-attachments.ts';
import { sessionOf } from './reading-options.ts';
import { runProposal } from './run-proposal.ts';
import { startHookSteps } from './start-hook.ts';
import { demandTargets, refuseUnread } from './target-machines.ts';
import type { Dialogue } from './terminal/dialogue.ts';
import type { Terminal } from './terminal/terminal.ts';

/** `pci assign PF --policy vf-pool`: a VF of one PF for each machine, made where there are too few. */
export async function runVfPool(
  args: AssignValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const allowed = allowedOf(args.allow);
  const { vlan } = hostdevOptionsOf(args);
  const selector = selectorOf(args);
  const assignment = await readAssignmentState(args, SAFETY_FIELDS, (devices) => {
    const pf = selectOne(devices, selector);
    return concernedWith(devices, [pf, ...virtualFunctionsOf(devices, [pf])]);
  });
  const { host, virsh, handing } = assignment;
  const { inventory } = handing;
  const runner = args.host === undefined ? new LiveRunner() : null;
  const state = await readPfState(host, runner, inventory, selectOne(inventory.devices, selector));
  const known = await readMachines(virsh, 'edit', hostLookup(host, inventory.devices));
  const { machines, diagnostics } = known;
  refuseUnread(known);
  const scope = scopeOf(args);
  const targets = scope.config ? demandTargets(args, machines) : [];
  const now = meantNow(args, scope, machines);
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
  const plan = planOf(args, host, virsh.uri, pool, scope);
  const persistence = args.persist
    ? planPersistPart(sessionOf(args), plan.title, (records) => ({
        ...records,
        pfs: persistVfs(host, inventory.devices, pool.vfs, goalOf(pool), records.pfs),
      }))
    : null;
  const gained = new Set(gainedOf(pool));
  const findings = [
    ...findLoss(host, inventory.devices, pool.vfs.lost),
    ...safety.filter(
      (finding) => gained.has(finding.subject) && applies(finding, pool.attachments, inventory.devices),
    ),
  ];
  const notes = persistence === null && scope.config ? bootNotes(host, handing, pool) : [];
  return runProposal(
    {
      session: sessionOf(args),
      proposal: proposalOf({
        plan: persistence?.extend(plan) ?? plan,
        findings,
        allowed,
        subject: null,
        inventory,
        diagnostics: [],
        changesOnlyMachines: plan.steps.every(
          ({ change: { kind } }) => kind === 'assignment' || kind === 'attachment',
        ),
        scriptObstacle: persistence?.scriptObstacle ?? null,
      }),
      overview: (width) =>
        renderVfPool(pool, now.skipped, notes, width) + renderPersistence(persistence, width),
      details: {
        ...vfPoolDetails(virsh.uri, pool, diagnostics, persistenceDetails(persistence)),
        ...attachmentDetails(scope.live, pool.attachments, now.skipped),
      },
      remarks: assignmentRemarks(
        args,
        assignment,
        inventory.diagnostics.filter(({ subject }) => subject === state.pf.address),
        diagnostics,
      ),
      nothingToDo: `${count(scope.config ? targets.length : now.running.length, 'machine')}: each has its VF of ${state.pf.address} already.\nNothing to do.\n`,
    },
    args,
    terminal,
    dialogue,
  );
}

function selectorOf(args: AssignValues): string {
  const [selector = '', ...more] = args.devices;
  if (more.length > 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'is of one PF, and several devices are named', {
      subject: '--policy vf-pool',
      hint: 'name one PF: pci sriov list',
    });
  }
  if (args.rom !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'is for no virtual function: they have no option ROM', {
      subject: '--rom',
      hint: 'leave it out',
    });
  }
  return selector;
}

/** What is persisted for the VFs of a PF, by their index. */
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

/** Whether a machine was assigned a VF of a pool whose PF is not on the host any more. */
function isOfGonePf(
  host: HostReader,
  { assignment }: AssignedDevice,
  devices: readonly PciDevice[],
): boolean {
  const vf = assignment?.device.vf;
  // An earlier version did not write down whose it is.
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

/** The VFs that are there and that machines get. */
function gainedOf({ machines, attachments }: VfPoolProposal): readonly PciAddress[] {
  const gained = [...machines, ...attachments].flatMap(({ gained, isMade, vf }) =>
    gained.length > 0 && !isMade ? [vf.address] : [],
  );
  return [...new Set(gained)];
}

/**
 * Refuses VFs that leave the host together with other devices: no machine could have one alone.
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
      hint: 'machines can have a VF each where each VF is in a group of its own: see pci groups',
    });
  }
}

function planOf(
  args: AssignValues,
  host: HostReader,
  uri: string,
  { vfs, machines, attachments }: VfPoolProposal,
  scope: ChangeScope,
): Plan {
  const { pf } = vfs.state;
  // What can be undone without a guest comes first.
  const steps = [
    ...vfs.plan.steps,
    ...(scope.config ? startHookSteps(args, host, true) : []),
    ...machines.flatMap((each) => assignmentSteps(uri, each, each.gained.length === 0 ? [] : [each.vf])),
    ...attachments.flatMap((each) => attachmentSteps(uri, each, [each.vf])),
  ];
  const whom = scope.config ? machines : attachments;
  const to = whom.length === 1 ? whom[0]?.machine.name : `each of ${count(whom.length, 'machine')}`;
  const when = !scope.live ? '' : scope.config ? ', and now to those that run' : ', now';
  return {
    title: `Give a VF of ${pf.address} to ${to}${when}`,
    guards: steps.length === 0 ? [] : [guardOf(pf)],
    steps,
  };
}

function goalOf({ vfs: { to } }: VfPoolProposal): VfGoal {
  return { count: to.count, autoprobe: null, all: {}, each: new Map(), isUp: true };
}

/** What the VFs come to at the next boot, where that was not written down. */
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
    `at the next boot ${pf.address} has no VFs, and these machines do not start, unless it is given them then too: --persist, or pci sriov set ${pf.address} --vfs ${to.count} --persist`,
  ];
}
