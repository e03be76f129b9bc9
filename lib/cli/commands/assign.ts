import type { Diagnostic } from '../../base/diagnostic.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import { count } from '../../base/text.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import { isOfCardAmong } from '../../libvirt/hostdev/to-hostdev.ts';
import { type KnownMachine, mainDocument, readMachines } from '../../libvirt/machine/read-machines.ts';
import { toHostdevs, withGroups } from '../../operations/assignment/hostdev-state.ts';
import { withStableMac } from '../../operations/assignment/stable-vf-mac.ts';
import { proposalOf } from '../../operations/change/host-proposal.ts';
import { allowedOf } from '../../operations/change/refusals.ts';
import { concernedWith, physicalFunctionsOf } from '../../pci/selector/concerned-devices.ts';
import { selectUnit } from '../../pci/selector/selector.ts';
import { DEFAULT_RULES } from '../../plan/assignment/assignment-rules-parser.ts';
import {
  assignmentSteps,
  assignTo,
  type DeviceToAssign,
  refuseSecondHolder,
} from '../../plan/assignment/plan-assignment.ts';
import { attachmentSteps } from '../../plan/assignment/plan-attachment.ts';
import { guardOf } from '../../plan/guard.ts';
import {
  type AssignedTitle,
  assignmentDetails,
  assignmentTitle,
  renderAssignments,
} from '../../render/machine/assignment-text.ts';
import { attachmentDetails, renderAttachments } from '../../render/machine/attachment-text.ts';
import { hostLookup } from '../../sysfs/host-lookup.ts';
import type { AssignValues } from '../assign-values.ts';
import {
  assignmentPolicyOf,
  assignmentRemarks,
  findAssignmentSafety,
  readAssignmentState,
} from '../assignment-state.ts';
import { scopeOf } from '../change-scope.ts';
import type { CommandResult } from '../grammar/command.ts';
import { hostdevOptionsOf } from '../hostdev-options.ts';
import { attachNow, meantNow } from '../live-attachments.ts';
import { sessionOf } from '../reading-options.ts';
import { runProposal } from '../run-proposal.ts';
import { startHookSteps } from '../start-hook.ts';
import { demandTargets, refuseUnread } from '../target-machines.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { runVfPool } from '../vf-pool.ts';
import { runAssignByRules } from './assign-by-rules.ts';

/** `pci assign`: writes devices, with their groups, into the definitions of machines, or plugs them into those that run. */
export async function runAssign(
  args: AssignValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  if (args.printRules) {
    return { exitCode: EXIT.ok, stdout: DEFAULT_RULES, stderr: '' };
  }
  if (args.byRules || args.rules !== undefined) {
    return runAssignByRules(args, terminal, dialogue);
  }
  const words = args.devices;
  if (words.length === 0) failUnnamed();
  if (args.policy === 'vf-pool') return runVfPool(args, terminal, dialogue);
  refusePoolOptions(args);
  const scope = scopeOf(args);
  const state = await readAssignmentState(args, SAFETY_FIELDS, (devices) => {
    const going = concernedWith(
      devices,
      words.flatMap((word) => selectUnit(devices, word)),
    );
    // A stable MAC of a VF may be made of the serial number of its PF.
    return [...going, ...physicalFunctionsOf(devices, going)];
  });
  const { host, virsh, handing } = state;
  const { inventory } = handing;
  const asked = words.flatMap((word) => selectUnit(inventory.devices, word));
  const chosen = withGroups(handing, asked);
  const policy = assignmentPolicyOf(args);
  const allowed = allowedOf(args.allow);
  const known = await readMachines(virsh, 'edit', hostLookup(host, inventory.devices));
  const { machines, diagnostics } = known;
  if (policy === 'exclusive') refuseUnread(known);
  const targets = scope.config ? demandTargets(args, machines) : [];
  const now = meantNow(args, scope, machines);
  const wishes = hostdevOptionsOf(args, commonCategory([...targets, ...now.running]));
  const handed = toHostdevs(handing, chosen, wishes);
  const devices = chosen.map((device, index): DeviceToAssign & AssignedTitle => {
    const { device: handedOver, notes } = withStableMac(
      handing,
      device,
      handed[index] as (typeof handed)[number],
    );
    return { device, handed: handedOver, notes, policy, asked: asked.includes(device), allowed };
  });
  refuseSecondHolder(devices, scope.config ? targets : now.running, machines);
  const isOfCard = isOfCardAmong(inventory.devices);
  const assignments = targets.map((machine) => assignTo(machine, devices, isOfCard));
  const attachments = attachNow(handing, now, devices, assignments, machines);
  const addresses = chosen.map(({ address }) => address);
  const plan = {
    title: assignmentTitle('Give', devices.length, assignments, attachments),
    guards: chosen.map(guardOf),
    // What can be undone without a guest comes first.
    steps: [
      ...(scope.config ? startHookSteps(args, host, true) : []),
      ...assignments.flatMap((each) => assignmentSteps(virsh.uri, each)),
      ...attachments.flatMap((each) => attachmentSteps(virsh.uri, each)),
    ],
  };
  return runProposal(
    {
      session: sessionOf(args),
      proposal: proposalOf({
        plan,
        findings: plan.steps.length === 0 ? [] : findAssignmentSafety(state, addresses, attachments),
        allowed,
        subject: null,
        inventory,
        diagnostics: [],
        changesOnlyMachines: true,
      }),
      overview: (width) =>
        renderAssignments(devices, assignments, width, renderAttachments(attachments, now.skipped, width)),
      details: {
        ...assignmentDetails(virsh.uri, devices, assignments, diagnostics),
        ...attachmentDetails(scope.live, attachments, now.skipped),
      },
      remarks: assignmentRemarks(args, state, aboutDevices(inventory.diagnostics, addresses), diagnostics),
      nothingToDo: `${count(scope.config ? targets.length : now.running.length, 'machine')}: ${scope.config ? 'given' : 'there'} already.\nNothing to do.\n`,
    },
    args,
    terminal,
    dialogue,
  );
}

/** The category that all of some machines have; `null` where they have not one. */
function commonCategory(machines: readonly KnownMachine[]): string | null {
  const [category, ...others] = new Set(machines.map((each) => mainDocument(each).machine.category));
  return others.length > 0 ? null : (knownValue(category ?? null) ?? null);
}

function refusePoolOptions(args: AssignValues): void {
  const given = args.vlan !== undefined ? '--vlan' : '--persist';
  if (given === '--persist' && !args.persist) return;
  throw new PortalGunError('BAD_ARGUMENT', 'is for --policy vf-pool alone', { subject: given });
}

function aboutDevices(
  diagnostics: readonly Diagnostic[],
  addresses: readonly string[],
): readonly Diagnostic[] {
  return diagnostics.filter(({ subject }) => addresses.includes(subject));
}

function failUnnamed(): never {
  throw new PortalGunError('BAD_ARGUMENT', 'names no device', {
    subject: 'assign',
    hint: 'name devices as in pci list; or share all of them out by rules: --by-rules',
  });
}
