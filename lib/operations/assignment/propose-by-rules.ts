import { PortalGunError } from '../../base/errors.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import { formatHostDevice } from '../../libvirt/hostdev/host-device-text.ts';
import { isOfCardAmong } from '../../libvirt/hostdev/to-hostdev.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { PciDevice } from '../../pci/device.ts';
import { persistedDeviceOf } from '../../pci/persisted/persisted-device.ts';
import { distribute } from '../../plan/assignment/assignment-rules.ts';
import { DEFAULT_RULES, parseAssignmentRules } from '../../plan/assignment/assignment-rules-parser.ts';
import { assignmentTitle } from '../../plan/assignment/assignment-title.ts';
import {
  assignmentSteps,
  assignTo,
  type DefinedMachine,
  type DeviceToAssign,
  refuseSecondHolder,
} from '../../plan/assignment/plan-assignment.ts';
import { guardOf } from '../../plan/guard.ts';
import { readHostUse } from '../../sysfs/host-use/read-host-use.ts';
import { allowedOf } from '../change/allowed-names.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import { machinesOfType, refuseUnread } from '../machines/target-machines.ts';
import type { HostSession } from '../session/host-session.ts';
import type { GivingOptions } from './assign-options.ts';
import { findAssignmentSafety, readMachinesHere, virshHere } from './assignment-host.ts';
import type { AssignmentSubject, ProposedDevice } from './assignment-subject.ts';
import { hostdevOptionsOf } from './hostdev-options.ts';
import { readAssignmentState, toHostdevOf } from './hostdev-state.ts';
import { startHookSteps } from './start-hook.ts';

/** Options of `pci assign --by-rules`. */
export interface AssignByRulesOptions extends GivingOptions {
  /** The text of a file of assignment rules; the default rules by default. */
  readonly rules?: string | undefined;
  /** The name of the rules in errors: that of their file. */
  readonly rulesName?: string | undefined;
  readonly policy?: 'shared' | 'exclusive' | undefined;
}

type RuledDevice = DeviceToAssign & ProposedDevice & { readonly to: string };

/**
 * Proposes to assign the devices of the whole host to the VMs of types, by rules.
 *
 * @throws PortalGunError BAD_RULES, BAD_ARGUMENT, ASSIGNED_ELSEWHERE, CANNOT_BE_GIVEN, NO_GUEST_SLOT, BAD_XML,
 * CANNOT_PERSIST,
 *   CANNOT_GUARD, and the errors of opening the host and asking its libvirt
 */
export async function proposeAssignmentByRules(
  session: HostSession,
  options: AssignByRulesOptions = {},
): Promise<HostProposal<AssignmentSubject>> {
  const { policy = 'shared', rules: text, rulesName = 'the rules' } = options;
  const rules =
    text === undefined
      ? parseAssignmentRules(DEFAULT_RULES, 'the default rules')
      : parseAssignmentRules(text, rulesName);
  const ruleFields = rules.rules.flatMap(({ selectors }) => selectors.flatMap(({ fields }) => fields));
  const virsh = virshHere(session);
  const handing = await readAssignmentState(session, [...SAFETY_FIELDS, ...ruleFields]);
  const { inventory, groups } = handing;
  const { devices } = inventory;
  const known = await readMachinesHere(session, virsh, 'edit', devices);
  const { machines } = known;
  const allowed = allowedOf(options.allow ?? []);
  const wishes = hostdevOptionsOf(session, options);
  if (policy === 'exclusive') refuseUnread(known);
  const targetsOf = (type: string): readonly DefinedMachine[] => machinesOfType(type, machines);
  const toAssign = (device: PciDevice, to: string, why: string, along: readonly PciDevice[]): RuledDevice => {
    const { device: handed, notes } = toHostdevOf(handing, device, { ...wishes, category: to }, along);
    return { device, handed, notes, policy, asked: false, allowed, why: `${why} → ${to}`, to };
  };
  const findingsOf = (addresses: readonly PciAddress[]): readonly Finding[] =>
    findAssignmentSafety(session, handing, addresses);

  const { given, left } = distribute(rules, {
    devices,
    groups,
    inputs: readHostUse(session.host).inputs,
    obstacleOf(device, to) {
      const targets = targetsOf(to);
      const impossible = problemOf(() => {
        const { handed } = toAssign(device, to, '', [device]);
        formatHostDevice(handed);
        persistedDeviceOf(device, null);
      });
      if (impossible !== null) return { code: 'impossible', reason: impossible };
      if (targets.length === 0)
        return { code: 'no-machine', reason: `no VM is of type ${to}`, missingType: to };
      const assigned = problemOf(() => {
        refuseSecondHolder([toAssign(device, to, '', [device])], targets, machines);
      });
      return assigned === null ? null : { code: 'assigned', reason: assigned };
    },
    // Unknown facts are reported with the plan.
    refusalsOf: (addresses) =>
      refusalsAmong(findingsOf(addresses), allowed).filter(({ severity }) => severity !== 'unknown'),
  });
  const along = given.map(({ device }) => device);
  const ruled = given.map(({ device, to, reason }) => toAssign(device, to, reason, along));
  const isOfCard = isOfCardAmong(devices);
  const types = [...new Set(given.map(({ to }) => to))];
  const assignments = types.flatMap((type) =>
    targetsOf(type).map((machine) =>
      assignTo(
        machine,
        ruled.filter(({ to }) => to === type),
        isOfCard,
      ),
    ),
  );
  const steps = assignments.flatMap((each) => assignmentSteps(virsh.uri, each));
  const plan = {
    title: `${assignmentTitle(
      'assign',
      along.map(({ address }) => address),
      assignments,
    )}, by rules`,
    guards: along.map(guardOf),
    steps: [...(ruled.length === 0 ? [] : startHookSteps(session, true)), ...steps],
  };
  return proposalOf({
    plan,
    findings: plan.steps.length === 0 ? [] : findingsOf(along.map(({ address }) => address)),
    allowed,
    subject: {
      ...{ connect: virsh.uri, machineDiagnostics: known.diagnostics },
      ...{ scope: { config: true, live: false }, devices: ruled, assignments, attachments: [], skipped: [] },
      ...{ pool: null, persistence: null, bootNotes: [], left },
    },
    inventory,
    diagnostics: inventory.diagnostics,
    changesOnlyMachines: true,
  });
}

/** Why an attempt fails; `null` if it does not. */
function problemOf(attempt: () => void): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    if (error instanceof PortalGunError) return error.message;
    throw error;
  }
}
