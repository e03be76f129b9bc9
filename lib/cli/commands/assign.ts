import type { Diagnostic } from '../../base/diagnostic.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import { SAFETY_FIELDS } from '../../checks/check-safety.ts';
import { readMachines } from '../../libvirt/read-machines.ts';
import { IDENTITY_FIELDS } from '../../pci/identity.ts';
import { selectOne } from '../../pci/selector.ts';
import { DEFAULT_RULES } from '../../plan/assignment-rules-parser.ts';
import { guardOf } from '../../plan/guard.ts';
import {
  assignmentSteps,
  assignTo,
  type DeviceToAssign,
  refuseSecondHolder,
} from '../../plan/plan-assignment.ts';
import { attachmentSteps } from '../../plan/plan-attachment.ts';
import {
  type AssignedTitle,
  assignmentDetails,
  assignmentTitle,
  renderAssignments,
} from '../../render/assignment-text.ts';
import { attachmentDetails, renderAttachments } from '../../render/attachment-text.ts';
import { machineRemarks, virshOf } from '../asked-libvirt.ts';
import { scopeOf } from '../change-scope.ts';
import { type Arguments, type CommandResult, stringOf, stringsOf, switchOf } from '../command.ts';
import type { Dialogue } from '../dialogue.ts';
import { handOverAll, readHandOverSituation, withGroups } from '../hand-over-situation.ts';
import { handOverWishesOf } from '../hand-over-wishes.ts';
import { attachNow, isOfConcern, meantNow } from '../live-attachments.ts';
import { refuseElsewhere } from '../machines-host.ts';
import { hostOf, namesOf, remarks } from '../reading-options.ts';
import { runProposal } from '../run-proposal.ts';
import { allowedOf, findSafety } from '../safety.ts';
import { withStableMac } from '../stable-vf-mac.ts';
import { startHookSteps } from '../start-hook.ts';
import { sysfsSource } from '../sysfs-source.ts';
import { demandTargets } from '../target-machines.ts';
import type { Terminal } from '../terminal.ts';
import { runVfPool } from '../vf-pool.ts';
import { runAssignByRules } from './assign-by-rules.ts';

/** `pci assign`: writes devices, with their groups, into the definitions of machines, or plugs them into those that run. */
export async function runAssign(
  args: Arguments,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  if (switchOf(args, 'print-rules') === true) {
    return { exitCode: EXIT.ok, stdout: DEFAULT_RULES, stderr: '' };
  }
  if (switchOf(args, 'by-rules') === true || stringOf(args, 'rules') !== undefined) {
    return runAssignByRules(args, terminal, dialogue);
  }
  const words = stringsOf(args, 'devices');
  if (words.length === 0) failUnnamed();
  if (stringOf(args, 'policy') === 'vf-pool') return runVfPool(args, terminal, dialogue);
  refusePoolOptions(args);
  const virsh = virshOf(args);
  refuseElsewhere(args, virsh.uri, true);
  const host = hostOf(args);
  const names = namesOf(args);
  const situation = await readHandOverSituation(
    sysfsSource(host),
    names,
    [],
    [...IDENTITY_FIELDS, ...SAFETY_FIELDS],
  );
  const scope = scopeOf(args);
  const { inventory, groups } = situation;
  const asked = words.map((word) => selectOne(inventory.devices, word));
  const chosen = withGroups(situation, asked);
  const handed = handOverAll(situation, chosen, { ...handOverWishesOf(args), isManaged: true });
  const policy = stringOf(args, 'policy') === 'exclusive' ? 'exclusive' : 'shared';
  const devices = chosen.map((device, index): DeviceToAssign & AssignedTitle => {
    const { device: handedOver, notes } = withStableMac(
      situation,
      device,
      handed[index] as (typeof handed)[number],
    );
    return { device, handed: handedOver, notes, policy, asked: asked.includes(device) };
  });
  const { machines, diagnostics } = await readMachines(virsh, 'edit');
  const targets = scope.config ? demandTargets(args, machines) : [];
  const now = meantNow(args, scope, machines);
  refuseSecondHolder(devices, scope.config ? targets : now.running, machines);
  const assignments = targets.map((machine) => assignTo(machine, devices));
  const attachments = attachNow(situation, now, devices, assignments, machines);
  const addresses = chosen.map(({ address }) => address);
  const plan = {
    title: assignmentTitle('Give', devices.length, assignments, attachments),
    guards: chosen.map(guardOf),
    // What can be undone without a guest comes first.
    steps: [
      ...(scope.config ? startHookSteps(host, true) : []),
      ...assignments.flatMap((each) => assignmentSteps(virsh.uri, each)),
      ...attachments.flatMap((each) => attachmentSteps(virsh.uri, each)),
    ],
  };
  const findings = findSafety(host, inventory, groups, addresses, null).filter((finding) =>
    isOfConcern(finding, attachments, inventory.devices),
  );
  return runProposal(
    {
      proposal: { plan, findings: plan.steps.length === 0 ? [] : findings, allowed: allowedOf(args) },
      overview: (width) =>
        renderAssignments(devices, assignments, width, renderAttachments(attachments, now.skipped, width)),
      details: {
        ...assignmentDetails(virsh.uri, devices, assignments),
        ...attachmentDetails(scope.live, attachments, now.skipped),
      },
      inventory,
      remarks:
        remarks(args, names, host, aboutDevices(inventory.diagnostics, addresses)) +
        machineRemarks(args, diagnostics, 'pci'),
      nothingToDo: `${count(scope.config ? targets.length : now.running.length, 'machine')}: ${scope.config ? 'given' : 'there'} already.\nNothing to do.\n`,
      changesMachinesAlone: true,
    },
    args,
    terminal,
    dialogue,
  );
}

function refusePoolOptions(args: Arguments): void {
  const given = stringOf(args, 'vlan') !== undefined ? '--vlan' : '--persist';
  if (given === '--persist' && switchOf(args, 'persist') !== true) return;
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
