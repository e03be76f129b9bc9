import { touchedByAll } from '../../apply/touched.ts';
import { knownValue } from '../../base/known.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { DeviceField, DeviceRequest, PciDevice } from '../../pci/device.ts';
import { areOfOneKind, TRAIT_FIELDS, type TraitField } from '../../pci/device-traits.ts';
import { groupDevices } from '../../pci/group/iommu-group.ts';
import { kindOf } from '../../pci/identity.ts';
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
  const allowed = await loadAllowed(allow);
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
  const findSafety = wanted.length === 0 ? null : await loadFindSafety();
  const findingsOf = (some: readonly BoundDevice[]): readonly Finding[] =>
    findSafety === null
      ? []
      : findSafety(
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

/** The names of safety rules that are lifted; the service lifts none, and loads none. */
export async function loadAllowed(allow: readonly string[]): Promise<ReadonlySet<string>> {
  if (allow.length === 0) return new Set();
  const { allowedOf } = await import('../change/allowed-names.ts');
  return allowedOf(allow);
}

/** The safety rules are many, and at most boots no device needs to be bound. */
async function loadFindSafety(): Promise<typeof import('../../apply/safety-reading.ts').findSafety> {
  return (await import('../../apply/safety-reading.ts')).findSafety;
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
  const statusesIn = (inventory: Inventory) => ({
    inventory,
    statuses: bindings.map((binding) => bindingStatus(binding, inventory.devices)),
  });
  const kinds = bindings.map(({ vf, ...own }) => vf?.pf ?? own);
  const ofKinds = (devices: readonly PciDevice[]) =>
    devices.filter((device) => kinds.some((kind) => areOfOneKind(kind, kindOf(device))));
  const traits: readonly DeviceField[] = TRAIT_FIELDS;
  const found = statusesIn(readInventory(host, names, traits, ofKinds, TELLING_FIELDS));
  return found.statuses.every(({ state }) => state === 'in-force')
    ? found
    : statusesIn(readInventory(host, names, RESTORE_FIELDS));
}

/** The facts that tell devices of one kind from one another. A device of another kind is none that is looked for. */
const TELLING_FIELDS: ReadonlySet<DeviceRequest> = new Set([
  'config',
  'vpd',
  'attachments',
  'slotLabel',
  'lastSeen',
] as const satisfies readonly TraitField[]);

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
