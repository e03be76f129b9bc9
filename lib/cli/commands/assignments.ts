import { EXIT } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import { readMachines } from '../../libvirt/machine/read-machines.ts';
import { proposalOf } from '../../operations/change/host-proposal.ts';
import { readPendingRecovery } from '../../operations/change/pending-recovery.ts';
import { TRAIT_FIELDS } from '../../pci/device-traits.ts';
import {
  assignmentStatuses,
  heldUntilItEnds,
  isRepairable,
  leftReason,
  repairAssignments,
  withOthers,
} from '../../plan/assignment/assignment-status.ts';
import { assignmentSteps, type DefinedMachine } from '../../plan/assignment/plan-assignment.ts';
import { guardOf } from '../../plan/guard.ts';
import { formatDocument } from '../../render/documents.ts';
import {
  assignmentListDocument,
  type MachineStatuses,
  renderAssignmentList,
} from '../../render/machine/assignment-list.ts';
import { assignmentDetails, renderAssignments } from '../../render/machine/assignment-text.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { hostLookup } from '../../sysfs/host-lookup.ts';
import { assignmentRemarks, openAssignmentHost } from '../assignment-state.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { ReadingValues } from '../reading-options.ts';
import { noteLines, sessionOf } from '../reading-options.ts';
import { runProposal } from '../run-proposal.ts';
import type { ChangingValues } from '../tables/changing-options.ts';
import type { LibvirtValues } from '../tables/libvirt-options.ts';
import type { MachineValues } from '../tables/machine-options.ts';
import {
  definedMachines,
  liveTargets,
  readableMachines,
  targetMachines,
  unreadableMachines,
} from '../target-machines.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface AssignmentsValues
  extends MachineValues,
    Pick<ChangingValues, 'dryRun' | 'script' | 'yes'>,
    Pick<LibvirtValues, 'connect'>,
    ReadingValues {
  readonly repair: boolean;
  readonly check: boolean;
}

/** `pci assignments`: which machine was given what, and whether it is so still. */
export async function runAssignments(
  args: AssignmentsValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const repairs = args.repair;
  const opened = openAssignmentHost(args, repairs);
  const { host, names, virsh } = opened;
  const inventory = readInventory(host, names, [...TRAIT_FIELDS, 'iommuGroup', 'netInterfaces', 'sriov']);
  const { devices } = inventory;
  const { machines, unread, diagnostics } = await readMachines(
    virsh,
    repairs ? 'edit' : 'look',
    hostLookup(host, devices),
  );
  const statusesOf = (machine: DefinedMachine) =>
    withOthers(
      assignmentStatuses(machine, devices),
      machines.filter(({ uuid }) => uuid !== machine.uuid),
    );
  const pending = await readPendingRecovery(sessionOf(args));
  const notes = assignmentRemarks(args, opened, [], diagnostics) + noteLines(pending.notes);
  if (!repairs) {
    const named = liveTargets(args, machines);
    const unknown = named === null ? unreadableMachines(machines).length + unread.length : 0;
    const listed = (named ?? readableMachines(machines))
      .map((machine): MachineStatuses => {
        const [defined] = definedMachines([machine]);
        const passing = heldUntilItEnds(machine).map((assigned) => ({
          assigned,
          device: devices.find(({ address }) => address === addressOf(assigned)) ?? null,
        }));
        return { machine, statuses: defined === undefined ? [] : statusesOf(defined), passing };
      })
      .filter(({ statuses, passing }) => statuses.length + passing.length > 0);
    const drifted = listed.some(({ statuses }) => statuses.some(({ standing }) => standing !== 'in-place'));
    const exitCode = args.check && (drifted || unknown > 0) ? EXIT.findings : EXIT.ok;
    const stdout = args.json
      ? formatDocument(
          assignmentListDocument(inventory.host, virsh.uri, listed, diagnostics, pending.changes),
        )
      : renderAssignmentList(listed, unknown, terminal.width, terminal.style);
    return { exitCode, stdout, stderr: notes };
  }
  const targets = targetMachines(args, machines) ?? definedMachines(machines);
  const drifted = targets.filter((machine) => statusesOf(machine).some(isRepairable));
  const repaired = drifted.map((machine) => repairAssignments(machine, statusesOf(machine), devices));
  const found = drifted.flatMap((machine) =>
    statusesOf(machine)
      .filter(isRepairable)
      .flatMap(({ device }) => device ?? []),
  );
  const left = targets.flatMap((machine) =>
    statusesOf(machine).flatMap((status) => {
      const reason = leftReason(status, devices);
      const what = addressOf(status.assigned) ?? status.assigned.alias;
      return reason === null ? [] : [`${what} of ${machine.name} is left: ${reason}`];
    }),
  );
  const result = await runProposal(
    {
      session: sessionOf(args),
      proposal: proposalOf({
        plan: {
          title: 'Put in order what machines are given',
          guards: [...new Set(found)].map(guardOf),
          steps: repaired.flatMap((each) => assignmentSteps(virsh.uri, each)),
        },
        findings: [],
        allowed: new Set(),
        subject: null,
        inventory,
        diagnostics: [],
        changesOnlyMachines: true,
      }),
      overview: (width) => renderAssignments([], repaired, width),
      details: assignmentDetails(virsh.uri, [], repaired, diagnostics),
      remarks: notes + left.map((line) => `pci: ${escapeControls(line)}\n`).join(''),
      nothingToDo: 'Nothing to do.\n',
    },
    args,
    terminal,
    dialogue,
  );
  return result.exitCode === EXIT.ok && left.length > 0 ? { ...result, exitCode: EXIT.findings } : result;
}
