import { findSafety } from '../apply/safety-reading.ts';
import { touchedByAll } from '../apply/touched.ts';
import { EXIT } from '../base/errors.ts';
import { knownValue } from '../base/known.ts';
import { escapeControls } from '../base/text.ts';
import { type Finding, refusalsAmong } from '../checks/finding.ts';
import { SAFETY_FIELDS } from '../checks/safety/safety-fields.ts';
import { demandVfio } from '../operations/binding/demand-vfio.ts';
import { proposalOf } from '../operations/change/host-proposal.ts';
import { pendingProblem } from '../operations/change/pending-recovery.ts';
import { allowedOf } from '../operations/change/refusals.ts';
import type { PciAddress } from '../pci/address.ts';
import type { DeviceField, PciDevice } from '../pci/device.ts';
import { TRAIT_FIELDS } from '../pci/device-traits.ts';
import { groupDevices } from '../pci/group/iommu-group.ts';
import { type BoundDevice, planPersistedBinds } from '../plan/binding/binding.ts';
import { BINDINGS_PATH, parseBindings } from '../plan/binding/persisted-bindings.ts';
import { planBinding } from '../plan/binding/plan-binding.ts';
import type { Plan } from '../plan/plan.ts';
import { lostText } from '../render/change/persistence-text.ts';
import { rebindingDetails } from '../render/change/plan-document.ts';
import { renderRebinding } from '../render/change/rebinding-text.ts';
import { readBootId } from '../sysfs/boot-id.ts';
import { isDriverRegistered } from '../sysfs/device/driver-state.ts';
import { tellsResetMethods } from '../sysfs/kernel-release.ts';
import { EARLIER_DRIVERS_PATH } from '../sysfs/paths.ts';
import { readGroupAttributes } from '../sysfs/read-groups.ts';
import type { CommandResult } from './grammar/command.ts';
import type { PersistedHost } from './persisted-host.ts';
import { sessionOf } from './reading-options.ts';
import { runProposal } from './run-proposal.ts';

/** The fields of devices that {@link restoreBindings} needs. */
export const RESTORE_FIELDS: readonly DeviceField[] = [
  ...SAFETY_FIELDS,
  ...TRAIT_FIELDS,
  'driverOverride',
  'modules',
  'rom',
];

/** Binds what is known for sure and what the host can spare. The rest is said, and left; then the exit code is 1. */
export async function restoreBindings(persisted: PersistedHost): Promise<CommandResult> {
  const { args, host, inventory, statuses } = persisted;
  const { devices, iommu } = inventory;
  const allowed = allowedOf(args.allow);
  const groups = groupDevices(devices, (id) => readGroupAttributes(host, id));
  const found = statuses.filter(({ state }) => ['in-force', 'not-in-force', 'moved'].includes(state));
  const lost = statuses.filter((status) => !found.includes(status));
  const missing = found.flatMap(({ binding, device }) =>
    device === null || device.driver === binding.driver ? [] : [{ binding, device, driver: binding.driver }],
  );
  const open = missing.flatMap((each) => {
    const { binding, device } = each;
    const problem = pendingProblem(
      persisted.pending,
      binding,
      ownAddresses(device),
      BINDINGS_PATH,
      parseBindings,
    );
    return problem === null ? [] : [{ each, problem }];
  });
  const wanted = missing.filter((bound) => !open.some(({ each }) => each === bound));
  const findingsOf = (some: readonly BoundDevice[]): readonly Finding[] =>
    findSafety(
      host,
      inventory,
      groups,
      some.map(({ device }) => device.address),
      null,
    );
  // What could not be read stops nobody from looking.
  const isLook = args.dryRun;
  const refusalOf = (some: readonly BoundDevice[]): Finding | undefined =>
    refusalsAmong(findingsOf(some), allowed).find(({ severity }) => !isLook || severity !== 'unknown');
  // One that the host uses keeps no other from being bound; it is seldom, and asking of each takes long.
  const held =
    refusalOf(wanted) === undefined
      ? []
      : wanted.flatMap((each) => {
          const refusal = refusalOf([each]);
          return refusal === undefined ? [] : [{ each, refusal }];
        });
  const free = wanted.filter((bound) => !held.some(({ each }) => each === bound));
  const rebinding = planPersistedBinds(free, groups, {
    iommu,
    tellsResetMethods: tellsResetMethods(host, devices),
  });
  const record = host.readText(EARLIER_DRIVERS_PATH);
  const plan = withoutTouched(
    planBinding(rebinding, {
      isRegistered: (driver) => isDriverRegistered(host, driver),
      record: typeof record === 'string' ? record : null,
      bootId: readBootId(host),
    }),
    persisted,
  );
  demandVfio(host, plan);
  const left = [
    ...lost.map((status) => `${status.binding.address} is left: ${lostText(status)}`),
    ...open.map(({ each, problem }) => `${each.device.address} is left: ${problem}`),
    ...held.map(
      ({ each, refusal }) =>
        `${each.device.address} is left: ${refusal.subject} ${refusal.message} (${refusal.name})`,
    ),
  ];
  const result = await runProposal(
    {
      session: sessionOf(args),
      proposal: proposalOf({
        plan,
        findings: findingsOf(free),
        allowed,
        subject: null,
        inventory,
        diagnostics: [],
        goesOnBeside: true,
      }),
      overview: (width) => renderRebinding(rebinding, width, 'it is persisted'),
      details: { ...rebindingDetails(rebinding), persistence: null },
      remarks: persisted.remarks + left.map((line) => `pci: ${escapeControls(line)}\n`).join(''),
      nothingToDo:
        left.length === 0 ? 'All that is persisted is in force.\nNothing to do.\n' : 'Nothing to do.\n',
    },
    args,
    persisted.terminal,
    persisted.dialogue,
  );
  return result.exitCode === EXIT.ok && left.length > 0 ? { ...result, exitCode: EXIT.findings } : result;
}

/** A VF changes with its PF. */
function ownAddresses({ address, sriov }: PciDevice): readonly PciAddress[] {
  const role = knownValue(sriov);
  return role?.role === 'vf' ? [address, role.physicalFunction] : [address];
}

/** What an open change of this boot writes is not written beside it: then the kernel chooses what a device goes back to. */
function withoutTouched(plan: Plan, { pending: { journals, now } }: PersistedHost): Plan {
  const touched = touchedByAll(journals, now.bootId);
  return {
    ...plan,
    steps: plan.steps.filter(({ change }) => change.kind !== 'file' || !touched.has(change.path)),
  };
}
