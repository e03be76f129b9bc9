import { PortalGunError } from '../../base/errors.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import { inputName, readInputFile } from '../../host/file/input-file.ts';
import { formatHostDevice } from '../../libvirt/hostdev/host-device-text.ts';
import { isOfCardAmong } from '../../libvirt/hostdev/to-hostdev.ts';
import { readMachines } from '../../libvirt/machine/read-machines.ts';
import { toHostdevOf } from '../../operations/assignment/hostdev-state.ts';
import { proposalOf } from '../../operations/change/host-proposal.ts';
import { allowedOf } from '../../operations/change/refusals.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { PciDevice } from '../../pci/device.ts';
import { persistedDeviceOf } from '../../pci/persisted/persisted-device.ts';
import { type AssignmentRules, distribute, type LeftDevice } from '../../plan/assignment/assignment-rules.ts';
import { DEFAULT_RULES, parseAssignmentRules } from '../../plan/assignment/assignment-rules-parser.ts';
import {
  assignmentSteps,
  assignTo,
  type DefinedMachine,
  type DeviceToAssign,
  refuseSecondHolder,
} from '../../plan/assignment/plan-assignment.ts';
import { guardOf } from '../../plan/guard.ts';
import {
  type AssignedTitle,
  assignmentDetails,
  assignmentTitle,
  renderAssignments,
} from '../../render/machine/assignment-text.ts';
import { leftDocument, renderLeft } from '../../render/machine/distribution-text.ts';
import { hostLookup } from '../../sysfs/host-lookup.ts';
import { readHostUse } from '../../sysfs/host-use/read-host-use.ts';
import type { AssignValues } from '../assign-values.ts';
import {
  assignmentPolicyOf,
  assignmentRemarks,
  findAssignmentSafety,
  readAssignmentState,
} from '../assignment-state.ts';
import { type CommandResult, isGiven } from '../grammar/command.ts';
import { hostdevOptionsOf } from '../hostdev-options.ts';
import { sessionOf } from '../reading-options.ts';
import { runProposal } from '../run-proposal.ts';
import { startHookSteps } from '../start-hook.ts';
import { machinesOfType, refuseUnread } from '../target-machines.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

const MAX_BYTES = 1024 * 1024;

type RuledDevice = DeviceToAssign & AssignedTitle & { readonly to: string };

/** `pci assign --by-rules`: shares out the devices of the host to the machines of types. */
export async function runAssignByRules(
  args: AssignValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  refuseNames(args);
  const rules = rulesOf(args);
  const ruleFields = rules.rules.flatMap(({ selectors }) => selectors.flatMap(({ fields }) => fields));
  const state = await readAssignmentState(args, [...SAFETY_FIELDS, ...ruleFields]);
  const { host, virsh, handing } = state;
  const { inventory, groups } = handing;
  const { devices } = inventory;
  const known = await readMachines(virsh, 'edit', hostLookup(host, handing.inventory.devices));
  const { machines, diagnostics } = known;
  const allowed = allowedOf(args.allow);
  const wishes = hostdevOptionsOf(args);
  const policy = assignmentPolicyOf(args);
  if (policy === 'exclusive') refuseUnread(known);
  const targetsOf = (type: string): readonly DefinedMachine[] => machinesOfType(type, machines);
  const toAssign = (device: PciDevice, to: string, why: string, along: readonly PciDevice[]): RuledDevice => {
    const { device: handed, notes } = toHostdevOf(handing, device, { ...wishes, category: to }, along);
    return { device, handed, notes, policy, asked: false, allowed, why: `${why} → ${to}`, to };
  };
  const findingsOf = (addresses: readonly PciAddress[]): readonly Finding[] =>
    findAssignmentSafety(state, addresses);

  const { given, left } = distribute(rules, {
    devices,
    groups,
    inputs: readHostUse(host).inputs,
    obstacleOf(device, to) {
      const targets = targetsOf(to);
      const impossible = problemOf(() => {
        const { handed } = toAssign(device, to, '', [device]);
        formatHostDevice(handed);
        persistedDeviceOf(device, null);
      });
      if (impossible !== null) return { code: 'impossible', reason: impossible };
      if (targets.length === 0)
        return { code: 'no-machine', reason: `no machine is of type ${to}`, missingType: to };
      const assigned = problemOf(() => {
        refuseSecondHolder([toAssign(device, to, '', [device])], targets, machines);
      });
      return assigned === null ? null : { code: 'assigned', reason: assigned };
    },
    // What could not be read is told of with the plan.
    refusalsOf: (addresses) =>
      refusalsAmong(findingsOf(addresses), allowed).filter(({ severity }) => severity !== 'unknown'),
  });
  const along = given.map(({ device }) => device);
  const ruled = given.map(({ device, to, reason }) => toAssign(device, to, reason, along));
  const isOfCard = isOfCardAmong(handing.inventory.devices);
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
    title: `${assignmentTitle('Give', ruled.length, assignments)}, by rules`,
    guards: along.map(guardOf),
    steps: [...(ruled.length === 0 ? [] : startHookSteps(args, host, true)), ...steps],
  };
  const overview = (width: number | null): string =>
    `${ruled.length === 0 ? '' : `${renderAssignments(ruled, assignments, width)}\n`}Left with the host:\n${renderLeft(left, width)}${tagAdvice(left)}`;
  return runProposal(
    {
      session: sessionOf(args),
      proposal: proposalOf({
        plan,
        findings: plan.steps.length === 0 ? [] : findingsOf(along.map(({ address }) => address)),
        allowed,
        subject: null,
        inventory,
        diagnostics: [],
        changesOnlyMachines: true,
      }),
      overview,
      details: { ...assignmentDetails(virsh.uri, ruled, assignments, diagnostics), left: leftDocument(left) },
      remarks: assignmentRemarks(args, state, inventory.diagnostics, diagnostics),
      nothingToDo: `${overview(terminal.width)}\nNothing to do.\n`,
    },
    args,
    terminal,
    dialogue,
  );
}

function rulesOf(args: AssignValues): AssignmentRules {
  const file = args.rules;
  if (file === undefined) return parseAssignmentRules(DEFAULT_RULES, 'the rules that come with it');
  const bytes = readInputFile(file, MAX_BYTES, 'BAD_RULES');
  return parseAssignmentRules(Buffer.from(bytes).toString('utf8'), inputName(file));
}

/** The rules say which devices and which machines. */
function refuseNames(args: AssignValues): void {
  const given = (['type', 'machine'] as const).find((key) => isGiven(args[key]));
  const [device] = args.devices;
  if (args.live) {
    throw new PortalGunError('BAD_ARGUMENT', 'is for devices that are named: rules are for definitions', {
      subject: '--live',
      hint: 'leave it out; then plug in what a machine is to have now: pci assign DEVICE --machine NAME --live',
    });
  }
  if (device === undefined && given === undefined) return;
  throw new PortalGunError(
    'BAD_ARGUMENT',
    'is for devices and machines that are named, and the rules say which',
    {
      subject: given === undefined ? (device ?? '') : `--${given}`,
      hint: 'leave it out; or change the rules: pci assign --print-rules > rules.yaml, and --rules rules.yaml',
    },
  );
}

/** Why something can't be done; `null` where it can. */
function problemOf(attempt: () => void): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    if (error instanceof PortalGunError) return error.message;
    throw error;
  }
}

/** How machines come to be of the types that none is of. */
function tagAdvice(left: readonly LeftDevice[]): string {
  const types = new Set(left.flatMap(({ missingType }) => missingType ?? []));
  return [...types].map((type) => `To tag a machine: portal tag NAME --type ${type}\n`).join('');
}
