import { findSafety } from '../../apply/safety-reading.ts';
import { touchedByAll } from '../../apply/touched.ts';
import { knownValue } from '../../base/known.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceField, PciDevice } from '../../pci/device.ts';
import { TRAIT_FIELDS } from '../../pci/device-traits.ts';
import { groupDevices } from '../../pci/group/iommu-group.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { type BoundDevice, planPersistedBinds, type Rebinding } from '../../plan/binding/binding.ts';
import { type BindingStatus, bindingStatus } from '../../plan/binding/binding-status.ts';
import {
  BINDINGS_PATH,
  type PersistedBinding,
  parseBindings,
} from '../../plan/binding/persisted-bindings.ts';
import { planBinding } from '../../plan/binding/plan-binding.ts';
import type { Plan } from '../../plan/plan.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import { isDriverRegistered } from '../../sysfs/device/driver-state.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { tellsResetMethods } from '../../sysfs/kernel-release.ts';
import { EARLIER_DRIVERS_PATH } from '../../sysfs/paths.ts';
import { readGroupAttributes } from '../../sysfs/read-groups.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import type { LeftEntry } from '../change/left-entry.ts';
import { type PendingRecovery, pendingProblem, readPendingRecovery } from '../change/pending-recovery.ts';
import { allowedOf } from '../change/refusals.ts';
import type { HostSession } from '../session/host-session.ts';
import { demandVfio } from './demand-vfio.ts';
import { readBindings } from './persistence.ts';

/** Options of a restoration. */
export interface RestoreOptions {
  /** The names of accepted safety rules. */
  readonly allow?: readonly string[];
  /** Whether the plan is only shown: then it includes devices with unknown findings, which would be left otherwise. */
  readonly preview?: boolean;
}

/** The subject of a proposal to restore bindings. */
export interface RestoreBindingsSubject {
  readonly rebinding: Rebinding;
  /** The persisted entries that are left. */
  readonly left: readonly LeftEntry[];
}

/** The fields of devices that a restoration needs. */
const RESTORE_FIELDS: readonly DeviceField[] = [
  ...SAFETY_FIELDS,
  ...TRAIT_FIELDS,
  'driverOverride',
  'modules',
  'rom',
];

/**
 * Proposes to bind persisted devices that are not bound, if they were found with certainty and the host does not use
 * them. The others are left.
 *
 * @throws PortalGunError BAD_ARGUMENT, BAD_RECORD, NO_DRIVER, PERMISSION_DENIED, and the errors of opening the host
 */
export async function proposeRestoreBindings(
  session: HostSession,
  { allow = [], preview = false }: RestoreOptions = {},
): Promise<HostProposal<RestoreBindingsSubject>> {
  const allowed = allowedOf(allow);
  const { host } = session;
  const bindings = readBindings(host);
  const pending = await readPendingRecovery(session);
  const { inventory, statuses } = readStatuses(session, bindings);
  const { devices, iommu } = inventory;
  const groups = groupDevices(devices, (id) => readGroupAttributes(host, id));
  const found = statuses.filter(({ state }) => ['in-force', 'not-in-force', 'moved'].includes(state));
  const lost = statuses.filter((status) => !found.includes(status));
  const missing = found.flatMap(({ binding, device }) =>
    device === null || device.driver === binding.driver ? [] : [{ binding, device, driver: binding.driver }],
  );
  const open = missing.flatMap((each): readonly Open[] => {
    const { binding, device } = each;
    const problem = pendingProblem(pending, binding, ownAddresses(device), BINDINGS_PATH, parseBindings);
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
  const refusalOf = (some: readonly BoundDevice[]): Finding | undefined =>
    refusalsAmong(findingsOf(some), allowed).find(({ severity }) => !preview || severity !== 'unknown');
  // A device in use does not prevent binding the others. This is rare, and a check of each device takes long.
  const held =
    refusalOf(wanted) === undefined
      ? []
      : wanted.flatMap((each) => {
          const finding = refusalOf([each]);
          return finding === undefined ? [] : [{ each, finding }];
        });
  const free = wanted.filter((bound) => !held.some(({ each }) => each === bound));
  const rebinding = planPersistedBinds(free, groups, {
    iommu,
    tellsResetMethods: tellsResetMethods(host, devices),
  });
  const plan = withoutTouched(planRebinding(session, rebinding), pending);
  demandVfio(host, plan);
  return proposalOf({
    plan,
    findings: findingsOf(free),
    allowed,
    subject: {
      rebinding,
      left: [
        ...lost.map(
          (status): LeftEntry => ({
            address: status.binding.address,
            reason: { kind: 'not-found', state: status.state, binding: status },
          }),
        ),
        ...open.map(
          ({ each, problem }): LeftEntry => ({
            address: each.device.address,
            reason: { kind: 'problem', problem },
          }),
        ),
        ...held.map(
          ({ each, finding }): LeftEntry => ({
            address: each.device.address,
            reason: { kind: 'refused', finding },
          }),
        ),
      ],
    },
    inventory,
    notes: pending.notes,
    diagnostics: inventory.diagnostics,
    goesOnBeside: true,
  });
}

/** A binding of an open change. */
interface Open {
  readonly each: BoundDevice;
  readonly problem: string;
}

/**
 * The statuses of the bindings. At most boots there is nothing to do, and libvirt waits for this, so the facts for a
 * change are read only if there is one.
 */
function readStatuses(
  { host, names }: HostSession,
  bindings: readonly PersistedBinding[],
): { readonly inventory: Inventory; readonly statuses: readonly BindingStatus[] } {
  const read = (fields: readonly DeviceField[]) => {
    const inventory = readInventory(host, names, fields);
    return { inventory, statuses: bindings.map((binding) => bindingStatus(binding, inventory.devices)) };
  };
  const found = read(TRAIT_FIELDS);
  return found.statuses.every(({ state }) => state === 'in-force') ? found : read(RESTORE_FIELDS);
}

/** A VF changes with its PF. */
function ownAddresses({ address, sriov }: PciDevice): readonly PciAddress[] {
  const role = knownValue(sriov);
  return role?.role === 'vf' ? [address, role.physicalFunction] : [address];
}

function planRebinding({ host }: HostSession, rebinding: Rebinding): Plan {
  const record = host.readText(EARLIER_DRIVERS_PATH);
  return planBinding(rebinding, {
    isRegistered: (driver) => isDriverRegistered(host, driver),
    record: typeof record === 'string' ? record : null,
    bootId: readBootId(host),
  });
}

/**
 * The record of an open change in this boot is not written at the same time: then the kernel chooses the driver to
 * which a device returns.
 */
function withoutTouched(plan: Plan, { journals, now }: PendingRecovery): Plan {
  const touched = touchedByAll(journals, now.bootId);
  return {
    ...plan,
    steps: plan.steps.filter(({ change }) => change.kind !== 'file' || !touched.has(change.path)),
  };
}
