import { findLoss, findRebindingSafety } from '../../apply/safety-reading.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import type { DeviceField } from '../../pci/device.ts';
import { groupDevices } from '../../pci/group/iommu-group.ts';
import { concernedWith, kinOf, virtualFunctionsOf } from '../../pci/selector/concerned-devices.ts';
import { boundBy, type Rebinding } from '../../plan/binding/binding.ts';
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
import type { VfsProposal } from '../../plan/sriov/plan-vfs.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import { isDriverRegistered } from '../../sysfs/device/driver-state.ts';
import { PROBING_FIELDS, type ProbedDevices, readInventory } from '../../sysfs/device/read-inventory.ts';
import { tellsResetMethods } from '../../sysfs/kernel-release.ts';
import { EARLIER_DRIVERS_PATH } from '../../sysfs/paths.ts';
import { readGroupAttributes } from '../../sysfs/read-groups.ts';
import { demandVfio } from '../binding/demand-vfio.ts';
import { type PersistPart, planPersistPart } from '../binding/persist-part.ts';
import { refuseWithoutIommu } from '../binding/without-iommu.ts';
import { allowedOf } from '../change/allowed-names.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import type { HostSession } from '../session/host-session.ts';
import { PF_FIELDS } from '../sriov/pf-state.ts';
import { readPolicyState } from './policy-state.ts';

/** A policy in YAML, in the format of docs/reference/policy.md, and its name in plans and errors. */
export interface PolicyText {
  readonly name: string;
  readonly text: string;
}

/** The policy for a host. */
export interface PolicyOptions {
  /** A file, or the text itself. */
  readonly policy: string | PolicyText;
  /** The names of accepted safety rules. */
  readonly allow?: readonly string[];
}

/** The subject of a proposal to apply a policy. */
export interface PolicySubject {
  /** The name of the policy. */
  readonly name: string;
  /** The PFs of the policy, including those that already match. */
  readonly pfs: readonly VfsProposal[];
  readonly rebinding: Rebinding;
  /** The changes to persisted records; `null` if there are none. */
  readonly persistence: PersistPart | null;
  /**
   * The entries that cannot be planned before VFs exist: after the plan is applied, the same policy results in
   * another plan.
   */
  readonly postponed: readonly PolicyDevice[];
}

/** A file that a person wrote is not larger. */
const MAX_POLICY_BYTES = 4 * 1024 * 1024;

const FIELDS: readonly DeviceField[] = [
  ...SAFETY_FIELDS,
  ...PF_FIELDS,
  ...PERSISTED_FIELDS,
  'driverOverride',
  'modules',
  'rom',
];

/**
 * Reads a policy from a file; `-` is stdin.
 *
 * @throws PortalGunError NOT_FOUND, PERMISSION_DENIED, BAD_POLICY
 */
export async function readPolicyFile({ ports }: HostSession, path: string): Promise<PolicyText> {
  const files = await ports.openUserFiles();
  const bytes = files.read(path, MAX_POLICY_BYTES, 'BAD_POLICY');
  return { name: files.nameOf(path), text: Buffer.from(bytes).toString('utf8') };
}

/**
 * Proposes to apply a policy to a host.
 *
 * @throws PortalGunError NOT_FOUND, BAD_POLICY, BAD_ARGUMENT, DEVICE_NOT_FOUND, AMBIGUOUS_DEVICE, NO_SRIOV, NO_IOMMU,
 * NO_DRIVER,
 *   CANNOT_BE_GIVEN, BAD_RECORD, CANNOT_PERSIST, TOOL_MISSING, TOOL_FAILED, PERMISSION_DENIED, and the errors of
 *   opening the host
 */
export async function proposePolicy(
  session: HostSession,
  { policy: given, allow = [] }: PolicyOptions,
): Promise<HostProposal<PolicySubject>> {
  const { name, text } = typeof given === 'string' ? await readPolicyFile(session, given) : given;
  const policy = parsePolicy(text, name);
  const allowed = allowedOf(allow);
  const { host } = session;
  const selectors = [...policy.bindings, ...policy.virtualFunctions].map(({ device }) => device.selector);
  const fields = new Set([...FIELDS, ...selectors.flatMap((selector) => selector.fields)]);
  const inventory = readInventory(host, session.names, [...fields], probedFor(policy));
  const { devices, iommu } = inventory;
  const { pfs, bindings, postponed } = await readPolicyState(session, policy, inventory);
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
  const title = `Apply ${name}`;
  const plan = mergedPlan(title, [...proposals.map((proposal) => proposal.plan), binding]);
  const persistence = policy.persist
    ? planPersistPart(session, title, (records) => ({
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
  const lost = proposals.flatMap((proposal) => proposal.lost);
  return proposalOf({
    plan: persistence?.extend(plan) ?? plan,
    findings: [...findLoss(host, devices, lost), ...findRebindingSafety(host, inventory, groups, rebinding)],
    allowed,
    subject: { name, pfs: proposals, rebinding, persistence, postponed },
    inventory,
    diagnostics: inventory.diagnostics,
    scriptObstacle: persistence?.scriptObstacle ?? null,
  });
}

/** The devices of a policy; all devices if it names one by a mark that is read from the device itself. */
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

/** Plans that are applied one after the other, as one plan. */
function mergedPlan(title: string, plans: readonly Plan[]): Plan {
  return {
    title,
    guards: plans.flatMap((plan) => (plan.steps.length === 0 ? [] : plan.guards)),
    steps: plans.flatMap((plan) => plan.steps),
  };
}
