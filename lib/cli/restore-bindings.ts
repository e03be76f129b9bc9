import { findSafety } from '../apply/safety-reading.ts';
import { EXIT } from '../base/errors.ts';
import { escapeControls } from '../base/text.ts';
import { SAFETY_FIELDS } from '../checks/check-safety.ts';
import { type Finding, refusalsAmong } from '../checks/finding.ts';
import type { DeviceField } from '../pci/device.ts';
import { TRAIT_FIELDS } from '../pci/device-traits.ts';
import { groupDevices } from '../pci/iommu-group.ts';
import { type BoundDevice, moveAsPersisted } from '../plan/binding.ts';
import { EARLIER_DRIVERS_PATH } from '../plan/earlier-drivers.ts';
import { planBinding } from '../plan/plan-binding.ts';
import { renderMovement } from '../render/movement-text.ts';
import { BINDING_STATES } from '../render/persistence-text.ts';
import { movementDetails } from '../render/plan-document.ts';
import { isDriverRegistered } from '../sysfs/driver-state.ts';
import { tellsResetMethods } from '../sysfs/kernel-release.ts';
import { readGroupAttributes } from '../sysfs/read-groups.ts';
import { type CommandResult, switchOf } from './command.ts';
import type { PersistedHost } from './persisted-host.ts';
import { runProposal } from './run-proposal.ts';
import { allowedOf } from './safety.ts';

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
  const allowed = allowedOf(args);
  const groups = groupDevices(devices, (id) => readGroupAttributes(host, id));
  const found = statuses.filter(({ state }) => ['in-force', 'not-in-force', 'moved'].includes(state));
  const lost = statuses.filter((status) => !found.includes(status));
  const wanted = found.flatMap(({ binding: { driver }, device }) =>
    device === null || device.driver === driver ? [] : [{ device, driver }],
  );
  const findingsOf = (some: readonly BoundDevice[]): readonly Finding[] =>
    findSafety(
      host,
      inventory,
      groups,
      some.map(({ device }) => device.address),
      null,
    );
  // What could not be read stops nobody from looking.
  const isLook = switchOf(args, 'dry-run') === true;
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
  const movement = moveAsPersisted(free, groups, {
    iommu,
    tellsResetMethods: tellsResetMethods(host, devices),
  });
  const record = host.readText(EARLIER_DRIVERS_PATH);
  const plan = planBinding(movement, {
    isRegistered: (driver) => isDriverRegistered(host, driver),
    record: typeof record === 'string' ? record : null,
  });
  const left = [
    ...lost.map(({ binding, state }) => `${binding.address} is left: ${BINDING_STATES[state]}`),
    ...held.map(
      ({ each, refusal }) =>
        `${each.device.address} is left: ${refusal.subject} ${refusal.message} (${refusal.name})`,
    ),
  ];
  const result = await runProposal(
    {
      proposal: { plan, findings: findingsOf(free), allowed },
      overview: (width) => renderMovement(movement, width, 'it is persisted'),
      details: { ...movementDetails(movement), persistence: null },
      inventory,
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
