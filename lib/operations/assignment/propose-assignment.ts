import type { Diagnostic } from '../../base/diagnostic.ts';
import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import { isOfCardAmong } from '../../libvirt/hostdev/to-hostdev.ts';
import { type KnownMachine, mainDocument } from '../../libvirt/machine/read-machines.ts';
import { concernedWith, physicalFunctionsOf } from '../../pci/selector/concerned-devices.ts';
import { selectUnit } from '../../pci/selector/selector.ts';
import { assignmentTitle } from '../../plan/assignment/assignment-title.ts';
import {
  assignmentSteps,
  assignTo,
  type DeviceToAssign,
  refuseSecondHolder,
} from '../../plan/assignment/plan-assignment.ts';
import { attachmentSteps } from '../../plan/assignment/plan-attachment.ts';
import { guardOf } from '../../plan/guard.ts';
import { allowedOf } from '../change/allowed-names.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import { demandTargets, refuseUnread } from '../machines/target-machines.ts';
import type { HostSession } from '../session/host-session.ts';
import type { AssignOptions } from './assign-options.ts';
import { findAssignmentSafety, readMachinesHere, virshHere } from './assignment-host.ts';
import type { AssignmentSubject, ProposedDevice } from './assignment-subject.ts';
import { scopeOf } from './change-scope.ts';
import { hostdevOptionsOf } from './hostdev-options.ts';
import { readAssignmentState, toDefinedHostdevs, withGroups } from './hostdev-state.ts';
import { attachNow, meantNow } from './live-attachments.ts';
import { startHookSteps } from './start-hook.ts';

/**
 * Proposes to write devices, with the members of their IOMMU groups, into the definitions of VMs, or to attach them
 * to running VMs.
 *
 * @throws PortalGunError BAD_ARGUMENT, BAD_SELECTOR, DEVICE_NOT_FOUND, AMBIGUOUS_DEVICE, MACHINE_NOT_FOUND,
 * ASSIGNED_ELSEWHERE,
 *   CANNOT_BE_GIVEN, NO_GUEST_SLOT, NOT_RUNNING, BAD_XML, CANNOT_PERSIST, CANNOT_GUARD, NO_SRIOV and TOO_FEW_VFS for
 *   a pool, and the
 *   errors of opening the host and asking its libvirt
 */
export async function proposeAssignment(
  session: HostSession,
  options: AssignOptions,
): Promise<HostProposal<AssignmentSubject>> {
  const { devices: words, to = {}, policy = 'shared' } = options;
  if (words.length === 0) failUnnamed();
  if (policy === 'vf-pool') {
    const { proposeVfPool } = await import('./propose-vf-pool.ts');
    return proposeVfPool(session, options);
  }
  refusePoolOptions(options);
  const scope = scopeOf(options);
  const virsh = virshHere(session);
  const handing = await readAssignmentState(session, SAFETY_FIELDS, (devices) => {
    const going = concernedWith(
      devices,
      words.flatMap((word) => selectUnit(devices, word)),
    );
    // A stable MAC of a VF may be derived from the serial number of its PF.
    return [...going, ...physicalFunctionsOf(devices, going)];
  });
  const { inventory } = handing;
  const asked = words.flatMap((word) => selectUnit(inventory.devices, word));
  const chosen = withGroups(handing, asked);
  const allowed = allowedOf(options.allow ?? []);
  const known = await readMachinesHere(session, virsh, 'edit', inventory.devices);
  const { machines } = known;
  if (policy === 'exclusive') refuseUnread(known);
  const targets = scope.config ? demandTargets(to, machines) : [];
  const now = meantNow(to, scope, machines);
  const wishes = hostdevOptionsOf(session, options, commonCategory([...targets, ...now.running]));
  const handed = toDefinedHostdevs(handing, chosen, wishes);
  const devices = handed.map(({ of, device, notes }): DeviceToAssign & ProposedDevice => {
    return { device: of, handed: device, notes, policy, asked: asked.includes(of), allowed };
  });
  refuseSecondHolder(devices, scope.config ? targets : now.running, machines);
  const isOfCard = isOfCardAmong(inventory.devices);
  const assignments = targets.map((machine) => assignTo(machine, devices, isOfCard));
  const attachments = attachNow(handing, now, devices, assignments, machines);
  const addresses = chosen.map(({ address }) => address);
  const plan = {
    title: assignmentTitle(
      'assign',
      chosen.map(({ address }) => address),
      assignments,
      attachments,
    ),
    guards: chosen.map(guardOf),
    // Steps that can be undone without a guest come first.
    steps: [
      ...(scope.config ? startHookSteps(session, true) : []),
      ...assignments.flatMap((each) => assignmentSteps(virsh.uri, each)),
      ...attachments.flatMap((each) => attachmentSteps(virsh.uri, each)),
    ],
  };
  return proposalOf({
    plan,
    findings: plan.steps.length === 0 ? [] : findAssignmentSafety(session, handing, addresses, attachments),
    allowed,
    subject: {
      ...{ connect: virsh.uri, machineDiagnostics: known.diagnostics },
      ...{ scope, devices, assignments, attachments, skipped: now.skipped },
      ...{ pool: null, persistence: null, bootNotes: [], left: null },
    },
    inventory,
    diagnostics: aboutDevices(inventory.diagnostics, addresses),
    changesOnlyMachines: true,
  });
}

/** The common category of some VMs; `null` if they have different ones. */
function commonCategory(machines: readonly KnownMachine[]): string | null {
  const [category, ...others] = new Set(machines.map((each) => mainDocument(each).machine.category));
  return others.length > 0 ? null : (knownValue(category ?? null) ?? null);
}

function refusePoolOptions({ vlan, persist = false }: AssignOptions): void {
  if (vlan === undefined && !persist) return;
  throw new PortalGunError('BAD_ARGUMENT', 'applies only to --policy vf-pool', {
    subject: vlan !== undefined ? '--vlan' : '--persist',
  });
}

function aboutDevices(
  diagnostics: readonly Diagnostic[],
  addresses: readonly string[],
): readonly Diagnostic[] {
  return diagnostics.filter(({ subject }) => addresses.includes(subject));
}

function failUnnamed(): never {
  throw new PortalGunError('BAD_ARGUMENT', 'no device given', {
    subject: 'assign',
    hint: 'name devices as in pci list; or assign devices by rules: --by-rules',
  });
}
