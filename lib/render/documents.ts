import type { Diagnostic } from '../base/diagnostic.ts';
import { formatJson } from '../base/text.ts';
import type { PciBindingsDocument } from '../documents/changes/pci-bindings.ts';
import type { PendingRecovery } from '../documents/changes/pending-recovery.ts';
import type { BriefDevice } from '../documents/facts/device-facts.ts';
import type { GroupFacts } from '../documents/facts/group-facts.ts';
import type { PciDiffDocument } from '../documents/inventory/pci-diff.ts';
import type { PciGroupsDocument } from '../documents/inventory/pci-groups.ts';
import type { PciListDocument } from '../documents/inventory/pci-list.ts';
import type { PciShowDocument } from '../documents/inventory/pci-show.ts';
import type { PciSnapshotDocument } from '../documents/inventory/pci-snapshot.ts';
import type { PciTreeDocument, TreeNode } from '../documents/inventory/pci-tree.ts';
import type { PciAddress } from '../pci/address.ts';
import type { DeviceField, DeviceWith, PciDevice } from '../pci/device.ts';
import type { TraitField } from '../pci/device-traits.ts';
import type { DeviceDifference } from '../pci/difference.ts';
import type { IommuGroup } from '../pci/group/iommu-group.ts';
import type { IommuState } from '../pci/group/iommu-state.ts';
import type { PassthroughNote } from '../pci/group/passthrough.ts';
import { identityOf } from '../pci/identity.ts';
import type { Inventory } from '../pci/inventory.ts';
import type { TopologyNode, TopologyRoot } from '../pci/topology.ts';
import { lateReason } from '../plan/binding/binding-stage.ts';
import type { BindingStatus } from '../plan/binding/binding-status.ts';
import type { BootState } from '../plan/persistence/persistence-files.ts';
import { driftWarnings, lateBindings } from './change/boot-stages.ts';

/*
 * The JSON of each command. A contract: keys are added, never changed; the published schemas describe them.
 */

/** Whether a fact is in the documents of lists; `pci show --json` has all facts. */
const IS_LISTED = {
  class: true,
  vendor: true,
  device: true,
  subsystem: true,
  revision: true,
  driver: true,
  driverOverride: true,
  iommuGroup: true,
  numaNode: true,
  bars: true,
  rom: true,
  resetMethods: true,
  bootVga: true,
  sriov: true,
  netInterfaces: true,
  blockDevices: true,
  location: false,
  modules: false,
  powerState: false,
  link: false,
  config: false,
  attachments: false,
  lastSeen: false,
  mdevTypes: false,
  vfio: false,
  vpd: false,
  slotLabel: false,
} as const satisfies Readonly<Record<DeviceField, boolean>>;
type ListedField = { [F in DeviceField]: (typeof IS_LISTED)[F] extends true ? F : never }[DeviceField];

/** The fields of a device in a list. */
export const LISTED_FIELDS: readonly ListedField[] = (
  Object.keys(IS_LISTED) as readonly DeviceField[]
).filter((field): field is ListedField => IS_LISTED[field]);

type AnyInventory = Inventory<DeviceWith<never>>;
/** A device in a list of related devices. */
type BriefField = 'class' | 'vendor' | 'device' | 'driver';

/** One device of `pci list`: its address and the listed fields, in their order. */
function listedDevice(device: DeviceWith<ListedField>): DeviceWith<ListedField> {
  return {
    address: device.address,
    class: device.class,
    vendor: device.vendor,
    device: device.device,
    subsystem: device.subsystem,
    revision: device.revision,
    driver: device.driver,
    driverOverride: device.driverOverride,
    iommuGroup: device.iommuGroup,
    numaNode: device.numaNode,
    bars: device.bars,
    rom: device.rom,
    resetMethods: device.resetMethods,
    bootVga: device.bootVga,
    sriov: device.sriov,
    netInterfaces: device.netInterfaces,
    blockDevices: device.blockDevices,
  };
}

export function listDocument(
  { host, diagnostics }: AnyInventory,
  devices: readonly DeviceWith<ListedField>[],
): PciListDocument {
  return { schema: 'portal-gun/pci-list/v1', host, devices: devices.map(listedDevice), diagnostics };
}

export function showDocument(
  { host }: AnyInventory,
  device: PciDevice,
  group: IommuGroup<DeviceWith<BriefField>> | undefined,
  notes: readonly PassthroughNote[],
  diagnostics: readonly Diagnostic[],
): PciShowDocument {
  return {
    schema: 'portal-gun/pci-show/v1',
    host,
    device: { ...listedDevice(device), ...device },
    identity: identityOf(device),
    group: group === undefined ? null : groupDocument(group),
    passthrough: notes,
    diagnostics,
  };
}

export function groupsDocument(
  { host, diagnostics }: AnyInventory,
  { units, firmwareTables }: IommuState,
  groups: readonly IommuGroup<DeviceWith<BriefField>>[],
  ungrouped: readonly PciAddress[],
): PciGroupsDocument {
  return {
    schema: 'portal-gun/pci-groups/v1',
    host,
    iommu: { units, firmwareTables },
    groups: groups.map(groupDocument),
    ungrouped,
    diagnostics,
  };
}

function groupDocument({
  id,
  type,
  reservedRegions,
  verdict,
  obstacles,
  members,
}: IommuGroup<DeviceWith<BriefField>>): GroupFacts {
  return {
    id,
    type,
    reservedRegions,
    verdict,
    obstacles,
    devices: members.map(({ device, stays, behind }) => ({ ...briefDevice(device), stays, behind })),
  };
}

function briefDevice({
  address,
  class: deviceClass,
  vendor,
  device,
  driver,
}: DeviceWith<BriefField>): BriefDevice {
  return { address, class: deviceClass, vendor, device, driver };
}

export function treeDocument(
  { host, diagnostics }: AnyInventory,
  roots: readonly TopologyRoot<DeviceWith<BriefField | 'iommuGroup'>>[],
): PciTreeDocument {
  return {
    schema: 'portal-gun/pci-tree/v1',
    host,
    roots: roots.map(({ root, children }) => ({ root, children: children.map(treeNode) })),
    diagnostics,
  };
}

function treeNode({ device, children }: TopologyNode<DeviceWith<BriefField | 'iommuGroup'>>): TreeNode {
  return { ...briefDevice(device), iommuGroup: device.iommuGroup, children: children.map(treeNode) };
}

export function diffDocument(
  before: AnyInventory,
  after: AnyInventory,
  differences: readonly DeviceDifference<DeviceWith<BriefField>>[],
): PciDiffDocument {
  return {
    schema: 'portal-gun/pci-diff/v1',
    before: before.host,
    after: after.host,
    differences: differences.map((difference) => ({
      kind: difference.kind,
      before: difference.kind === 'came' ? null : briefDevice(difference.before),
      after: difference.kind === 'gone' ? null : briefDevice(difference.after),
      changes: 'changes' in difference ? difference.changes : [],
    })),
    diagnostics: [...before.diagnostics, ...after.diagnostics],
  };
}

export function snapshotDocument(
  file: string,
  snapshot: { readonly label: string; readonly identifiers: PciSnapshotDocument['identifiers'] },
): PciSnapshotDocument {
  const { label, identifiers } = snapshot;
  return { schema: 'portal-gun/pci-snapshot/v1', host: { label }, file, identifiers };
}

export function bindingsDocument(
  { host, diagnostics }: AnyInventory,
  statuses: readonly BindingStatus<DeviceWith<TraitField>>[],
  outdated: readonly string[],
  boot: BootState,
  recovery: PendingRecovery,
  unrecorded: PciBindingsDocument['unrecorded'] | null,
): PciBindingsDocument {
  return {
    schema: 'portal-gun/pci-bindings/v1',
    host,
    bindings: statuses.map(({ binding, state, device, instead }) => ({
      binding,
      state,
      device: boundFacts(device),
      instead: boundFacts(instead),
      stage: lateReason(binding) === null ? 'early' : 'late',
    })),
    late: lateBindings(statuses.map(({ binding }) => binding)),
    warnings: driftWarnings(statuses, boot),
    ...(unrecorded === null ? {} : { unrecorded }),
    recovery,
    outdated,
    diagnostics,
  };
}

function boundFacts(device: DeviceWith<'driver'> | null): PciBindingsDocument['bindings'][number]['device'] {
  return device === null ? null : { address: device.address, driver: device.driver };
}

/** A document as text: one line for each item of its lists, so that it can be read, searched and compared. */
export function formatDocument(document: object): string {
  const parts = Object.entries(document).map(([key, value]) => `${JSON.stringify(key)}:${formatPart(value)}`);
  return `{${parts.join(',\n')}}\n`;
}

function formatPart(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return formatJson(value);
  return `[\n${value.map((item) => formatJson(item)).join(',\n')}\n]`;
}
