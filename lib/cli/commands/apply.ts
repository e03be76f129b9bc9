import { findLoss, findRebindingSafety } from '../../apply/safety-reading.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import { readFileOf } from '../../host/file/input-file.ts';
import { LiveRunner } from '../../host/live/live-runner.ts';
import { demandVfio } from '../../operations/binding/demand-vfio.ts';
import { planPersistPart } from '../../operations/binding/persist-part.ts';
import { refuseWithoutIommu } from '../../operations/binding/without-iommu.ts';
import { proposalOf } from '../../operations/change/host-proposal.ts';
import { allowedOf } from '../../operations/change/refusals.ts';
import { PF_FIELDS } from '../../operations/sriov/pf-state.ts';
import type { DeviceField } from '../../pci/device.ts';
import { groupDevices } from '../../pci/group/iommu-group.ts';
import { concernedWith, kinOf, virtualFunctionsOf } from '../../pci/selector/concerned-devices.ts';
import { boundBy } from '../../plan/binding/binding.ts';
import { parseEarlierDrivers } from '../../plan/binding/earlier-drivers.ts';
import { PERSISTED_FIELDS } from '../../plan/binding/persisted-bindings.ts';
import { planBinding } from '../../plan/binding/plan-binding.ts';
import {
  withoutPersisted,
  withPersisted,
  withPersistedVfs,
} from '../../plan/persistence/persisted-changes.ts';
import type { Plan } from '../../plan/plan.ts';
import { HOST_DRIVER, type Policy, type PolicyDevice } from '../../plan/policy/policy.ts';
import { parsePolicy } from '../../plan/policy/policy-parser.ts';
import { mergedRebinding, moveByPolicy } from '../../plan/policy/policy-rebinding.ts';
import type { PersistedPf } from '../../plan/sriov/persisted-vfs.ts';
import { renderPersistence } from '../../render/change/persistence-text.ts';
import { persistenceDetails, rebindingDetails, vfsDetails } from '../../render/change/plan-document.ts';
import { policyDocument } from '../../render/change/policy-document.ts';
import { renderRebinding } from '../../render/change/rebinding-text.ts';
import { formatDocument } from '../../render/documents.ts';
import { renderVfs } from '../../render/sriov/vfs-text.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import { isDriverRegistered } from '../../sysfs/device/driver-state.ts';
import { PROBING_FIELDS, type ProbedDevices, readInventory } from '../../sysfs/device/read-inventory.ts';
import { tellsResetMethods } from '../../sysfs/kernel-release.ts';
import { EARLIER_DRIVERS_PATH } from '../../sysfs/paths.ts';
import { readGroupAttributes } from '../../sysfs/read-groups.ts';
import type { CommandResult } from '../grammar/command.ts';
import { readPolicyState } from '../policy-state.ts';
import type { ReadingValues } from '../reading-options.ts';
import { hostOf, namesOf, remarks, sessionOf } from '../reading-options.ts';
import { type CarriedOut, carryOut, type PreparedProposal } from '../run-proposal.ts';
import type { ChangingValues } from '../tables/changing-options.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface ApplyValues extends ChangingValues, ReadingValues {
  readonly policy: string;
  readonly check: boolean;
}

/** More is not read: a person wrote it. */
const MAX_POLICY_BYTES = 4 * 1024 * 1024;

const FIELDS: readonly DeviceField[] = [
  ...SAFETY_FIELDS,
  ...PF_FIELDS,
  ...PERSISTED_FIELDS,
  'driverOverride',
  'modules',
  'rom',
];

/** A policy as it stands to the host: what brings the one to the other, and what can't be told yet. */
interface Difference {
  readonly prepared: PreparedProposal;
  readonly postponed: readonly PolicyDevice[];
}

/**
 * `pci apply`: brings the host to what a policy says. What it says of VFs that are not there is done in a second plan, once
 * they are.
 */
export async function runApply(
  args: ApplyValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const isCheck = args.check;
  if (isCheck && args.script) {
    throw new PortalGunError('BAD_ARGUMENT', 'does not go with --script', { subject: '--check' });
  }
  const path = args.policy;
  const policy = parsePolicy(readFileOf(path, MAX_POLICY_BYTES, 'BAD_POLICY').toString('utf8'), path);
  const first = await differenceOf(policy, path, args);
  const isDifferent = first.prepared.proposal.plan.steps.length > 0 || first.postponed.length > 0;
  const options = isCheck ? { ...args, dryRun: true } : args;
  const rounds: CarriedOut[] = [await carryOut(first.prepared, options, terminal, dialogue)];
  let left = first.postponed;
  if (left.length > 0 && isThrough(rounds[0])) {
    const second = await differenceOf(policy, path, args);
    rounds.push(await carryOut(second.prepared, options, terminal, dialogue));
    left = second.postponed;
  }
  const stderr = rounds.at(-1)?.remarks ?? '';
  const exitCode = rounds.find((round) => round.exitCode !== EXIT.ok)?.exitCode ?? EXIT.ok;
  const text = rounds.map((round) => round.text).join('');
  const wantsDocument = args.json && !args.script;
  return {
    exitCode: isCheck ? (isDifferent ? EXIT.findings : EXIT.ok) : exitCode,
    stdout: wantsDocument
      ? formatDocument(
          policyDocument(
            path,
            isDifferent,
            rounds.map(({ document }) => document),
            left,
          ),
        )
      : text,
    stderr: stderr + left.map(postponedRemark).join(''),
  };
}

/** Whether a plan is done, and nobody has to confirm it first. */
function isThrough(round: CarriedOut | undefined): boolean {
  return round?.report?.outcome === 'done' && !round.report.awaitsConfirmation;
}

function postponedRemark({ at, selector }: PolicyDevice): string {
  return `pci: ${at} (${escapeControls(selector.text)}): is looked for once the virtual functions are there\n`;
}

async function differenceOf(policy: Policy, path: string, args: ApplyValues): Promise<Difference> {
  const allowed = allowedOf(args.allow);
  const host = hostOf(args);
  const names = namesOf(args);
  const selectors = [...policy.bindings, ...policy.virtualFunctions].map(({ device }) => device.selector);
  const fields = new Set([...FIELDS, ...selectors.flatMap((selector) => selector.fields)]);
  const inventory = readInventory(host, names, [...fields], probedFor(policy));
  const { devices, iommu } = inventory;
  const isLive = args.host === undefined;
  const { pfs, bindings, postponed } = await readPolicyState(
    policy,
    host,
    isLive ? new LiveRunner() : null,
    inventory,
  );
  if (bindings.some(({ driver }) => driver !== HOST_DRIVER)) refuseWithoutIommu(host, iommu);
  const groups = groupDevices(devices, (id) => readGroupAttributes(host, id));
  const record = host.readText(EARLIER_DRIVERS_PATH);
  const recordText = typeof record === 'string' ? record : null;
  const abilities = { iommu, tellsResetMethods: tellsResetMethods(host, devices) };
  const ways = moveByPolicy(bindings, groups, abilities, parseEarlierDrivers(recordText));
  const rebinding = mergedRebinding(ways);
  const binding = planBinding(rebinding, {
    isRegistered: (driver) => isDriverRegistered(host, driver),
    record: recordText,
    bootId: readBootId(host),
  });
  demandVfio(host, binding);
  const proposals = pfs.map(({ proposal }) => proposal);
  const title = `Bring the host to ${path}`;
  const plan = mergedPlan(title, [...proposals.map((proposal) => proposal.plan), binding]);
  const persistence = policy.persist
    ? planPersistPart(sessionOf(args), title, (records) => ({
        bindings: withPersisted(
          boundBy(ways.toVfio, ways.given),
          withoutPersisted(ways.kept, records.bindings, devices),
          devices,
        ),
        pfs: pfs.reduce<readonly PersistedPf[]>(
          (kept, { proposal, goal }) => withPersistedVfs(proposal, goal, kept, devices),
          records.pfs,
        ),
      }))
    : null;
  return {
    prepared: {
      session: sessionOf(args),
      proposal: proposalOf({
        plan: persistence?.extend(plan) ?? plan,
        findings: [
          ...findLoss(
            host,
            devices,
            proposals.flatMap(({ lost }) => lost),
          ),
          ...findRebindingSafety(host, inventory, groups, rebinding),
        ],
        allowed,
        subject: null,
        inventory,
        diagnostics: [],
        scriptObstacle: persistence?.scriptObstacle ?? null,
      }),
      overview: (width) =>
        proposals
          .filter((proposal) => proposal.plan.steps.length > 0)
          .map((proposal) => renderVfs(proposal, width))
          .join('') +
        renderRebinding(rebinding, width, 'the policy says so') +
        renderPersistence(persistence, width),
      details: {
        ...rebindingDetails(rebinding),
        ...vfsDetails(proposals),
        persistence: persistenceDetails(persistence),
      },
      remarks: remarks(args, names, host, inventory.diagnostics),
      nothingToDo: `The host is as ${escapeControls(path)} says.\nNothing to do.\n`,
    },
    postponed,
  };
}

/** Of the devices that a policy names; of all where it names one by what devices give themselves. */
function probedFor({ bindings, virtualFunctions, persist }: Policy): ProbedDevices | undefined {
  const selectors = [...bindings, ...virtualFunctions].map(({ device }) => device.selector);
  if (selectors.some(({ fields }) => fields.some((field) => PROBING_FIELDS.has(field)))) return undefined;
  return (devices) => {
    const named = devices.filter((device) => selectors.some((selector) => selector.matches(device)));
    const changed = [...named, ...virtualFunctionsOf(devices, named)];
    const kin = persist ? kinOf(devices, changed) : [];
    return [...concernedWith(devices, changed), ...kin];
  };
}

/** Plans that are made one after the other, as one. */
function mergedPlan(title: string, plans: readonly Plan[]): Plan {
  return {
    title,
    guards: plans.flatMap((plan) => (plan.steps.length === 0 ? [] : plan.guards)),
    steps: plans.flatMap((plan) => plan.steps),
  };
}
