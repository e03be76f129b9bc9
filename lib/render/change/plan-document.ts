import type { ApplyReport } from '../../apply/apply-report.ts';
import type { Finding } from '../../checks/finding.ts';
import type { PersistenceFacts, PlanDetails, PlanDocument, PlanPart } from '../../documents/changes/plan.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import type { Rebinding } from '../../plan/binding/binding.ts';
import type { BootState, PersistedRecords } from '../../plan/persistence/persistence-files.ts';
import { recordChanges } from '../../plan/persistence/record-changes.ts';
import type { Proposal } from '../../plan/proposal.ts';
import type { VfsProposal } from '../../plan/sriov/plan-vfs.ts';
import { bootWarnings, lateBindings } from './boot-stages.ts';

/**
 * A plan as JSON, with its findings, and its result if it was applied.
 *
 * @param details the affected devices, by the keys for its kind of plan
 */
export function planDocument(
  {
    plan,
    findings,
    allowed,
    inventory: { host },
  }: Proposal & { readonly inventory: Inventory<DeviceWith<never>> },
  details: PlanDetails,
  report: ApplyReport | null,
): PlanDocument {
  return {
    schema: 'portal-gun/plan/v1',
    host,
    title: plan.title,
    ...details,
    findings: findingFacts(findings, allowed),
    guards: plan.guards,
    steps: plan.steps,
    report,
  };
}

/** The findings for a change, as JSON. */
export function findingFacts(
  findings: readonly Finding[],
  allowed: ReadonlySet<string>,
): PlanDocument['findings'] {
  return findings.map(({ name, severity, subject, message, evidence, remedy }) => ({
    name,
    severity,
    subject,
    message,
    evidence,
    remedy,
    allowed: severity !== 'forbids' && allowed.has(name),
  }));
}

/** The devices that change drivers, and those that do not. */
export function rebindingDetails({
  moving,
  staying,
}: Rebinding<DeviceWith<never>>): PlanPart<'devices' | 'staying'> {
  return {
    devices: moving.map(({ device, asked, from, to }) => ({ address: device.address, asked, from, to })),
    staying: staying.map(({ device, reason }) => ({ address: device.address, reason })),
  };
}

/** The persisted records that are added and removed. */
export function persistenceDetails(
  change: {
    readonly before: PersistedRecords & { readonly boot: BootState };
    readonly after: PersistedRecords;
  } | null,
): PersistenceFacts | null {
  if (change === null) return null;
  const { before, after } = change;
  const late = lateBindings(after.bindings);
  const [bindings, pfs] = [
    recordChanges(before.bindings, after.bindings),
    recordChanges(before.pfs, after.pfs),
  ];
  return {
    bindings: after.bindings,
    ended: bindings.struck,
    pfs: after.pfs,
    endedPfs: pfs.struck,
    moved: [...bindings.moved, ...pfs.moved].map(({ from, to }) => ({
      from: { address: from.address, path: from.path },
      to: { address: to.address, path: to.path },
    })),
    late,
    warnings: late.length < after.bindings.length ? bootWarnings(before.boot) : [],
  };
}

/** The PFs, with the current and new state of their VFs. */
export function vfsDetails(proposals: readonly VfsProposal<DeviceWith<never>>[]): PlanPart<'pfs'> {
  return {
    pfs: proposals.map(({ state: { pf, link }, from, to, goesUp, lost }) => ({
      address: pf.address,
      interface: link?.interface ?? null,
      ...{ goesUp, lost, from, to },
    })),
  };
}
