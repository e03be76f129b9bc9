/*
 * The library: what the programs do, for other programs. A host is opened, its inventory read, and the rest
 * follows from the inventory without touching the host again, plans included; until a plan is applied.
 */

export type { ApplyOptions } from './apply/application.ts';
export { applyPlan } from './apply/apply-plan.ts';
export type { ApplyOutcome, ApplyReport, StepOutcome } from './apply/apply-report.ts';
export type { ChangeableHost } from './apply/changeable-host.ts';
export { type Occasion, readJournals } from './apply/journal.ts';
export type { LeftJournal } from './apply/journal-parser.ts';
export { type Recovery, recover } from './apply/recover.ts';
export type { Diagnostic, DiagnosticCode } from './base/diagnostic.ts';
export { DIAGNOSTICS } from './base/diagnostic.ts';
export { ERRORS, type ErrorCode, EXIT, type ExitName, PortalGunError } from './base/errors.ts';
export {
  isUnknown,
  type Known,
  knownValue,
  mapKnown,
  type Unknown,
  type UnknownReason,
} from './base/known.ts';
export { VERSION } from './base/version.ts';
export {
  checkLoss,
  checkRomReading,
  checkSafety,
  ROM_SAFETY_FIELDS,
  SAFETY_FIELDS,
} from './checks/check-safety.ts';
export { type Finding, refusalsAmong, type Severity } from './checks/finding.ts';
export type { Observation, SafetyRule } from './checks/safety-rule.ts';
export { SAFETY_RULES } from './checks/safety-rules.ts';
export type { SafetyHost, SafetyView } from './checks/safety-view.ts';
export type { FileStore, Storing } from './host/file-store.ts';
export { lockHost } from './host/host-lock.ts';
export type { HostReader, ReadFailure, Reading } from './host/host-reader.ts';
export type { HostWriter, WriteFailure, Writing } from './host/host-writer.ts';
export { LiveFiles } from './host/live-files.ts';
export { LiveRomReader } from './host/live-rom-reader.ts';
export { LiveRunner } from './host/live-runner.ts';
export { LiveWriter } from './host/live-writer.ts';
export { openHost, openLiveHost } from './host/open-host.ts';
export { type PciIdsFile, readPciIdsFile } from './host/pci-ids-file.ts';
export { RecordingHost } from './host/recording-host.ts';
export type { RomFailure, RomReader, RomReading } from './host/rom-reader.ts';
export type { Run, Runner, RunOptions } from './host/runner.ts';
export type { Identifiers, Snapshot, SnapshotEntry } from './host/snapshot.ts';
export { SnapshotHost } from './host/snapshot-host.ts';
export { parseSnapshot } from './host/snapshot-parser.ts';
export { formatSnapshot } from './host/snapshot-text.ts';
export { TreeHost } from './host/tree-host.ts';
export { CATEGORIES, guessCategory, parseCategory } from './libvirt/category.ts';
export { findMachine } from './libvirt/find-machine.ts';
export {
  type GuestAddressPlan,
  isSlotFree,
  placeCard,
  planGuestAddresses,
} from './libvirt/guest-topology.ts';
export { cardsOf, type HandedOver, type HandOverWishes, handOver } from './libvirt/hand-over.ts';
export {
  type HostDevice,
  type HostdevPool,
  plainHostDevice,
  plainVfInterface,
} from './libvirt/host-device.ts';
export {
  type FoundHostDevice,
  parseHostDevice,
  parseHostDevices,
  parseHostdevPool,
} from './libvirt/host-device-parser.ts';
export { formatHostDevice, formatHostdevPool, formatRootPort } from './libvirt/host-device-text.ts';
export { type Machine, parseMachine } from './libvirt/machine.ts';
export { MACHINE_NAMESPACE, MACHINE_PREFIX, readCategory } from './libvirt/machine-metadata.ts';
export { mergeInventories } from './libvirt/merge-inventories.ts';
export type {
  MdevType,
  NodeCapability,
  NodeDevice,
  NodeId,
  NodeIommuGroup,
  NodeLink,
  NodeLinkState,
  NodeVirtualFunctions,
  PciCapability,
} from './libvirt/node-device.ts';
export { contradictionsOf } from './libvirt/node-device.ts';
export { findContradictions, type XmlFinding } from './libvirt/node-device-findings.ts';
export { nodeDeviceOf, parseNodeDevice, parseNodeDevices } from './libvirt/node-device-parser.ts';
export { toInventory } from './libvirt/node-inventory.ts';
export type { GuestAddress } from './libvirt/pci-address-xml.ts';
export {
  type KnownMachine,
  type KnownMachines,
  type MachineDocument,
  type MachineState,
  type ReadingPurpose,
  readMachines,
} from './libvirt/read-machines.ts';
export { type NodeKind, type NodeReading, readNodeDevices } from './libvirt/read-node-devices.ts';
export { decideRom, type RomDecision, type RomOccasion, type RomWish } from './libvirt/rom-policy.ts';
export { planTagging, type Tagging, tagMachines } from './libvirt/tag-machines.ts';
export type { TakenDevice } from './libvirt/taken-device.ts';
export type { GivenDevice, HostLookup } from './libvirt/taken-functions.ts';
export { Virsh, type VirshAnswer, type VirshOptions } from './libvirt/virsh.ts';
export { parseXml, type XmlDocument } from './libvirt/xml-document.ts';
export type { XmlElement } from './libvirt/xml-element.ts';
export {
  comparePciAddresses,
  isPciAddress,
  type PciAddress,
  parsePciAddress,
  shortAddress,
  slotOf,
} from './pci/address.ts';
export type { Attachment, AttachmentKind } from './pci/attachment.ts';
export type { Bar, ExpansionRom } from './pci/bar.ts';
export type * from './pci/capabilities.ts';
export type { Capability } from './pci/capability-list.ts';
export { type ConfigSpace, parseConfigSpace } from './pci/config-space.ts';
export type { DeviceClass, DeviceField, NamedId, PciDevice, SubsystemId } from './pci/device.ts';
export { categoryOf, DEVICE_CATEGORIES, type DeviceCategory } from './pci/device-class.ts';
export type { SerialAt } from './pci/device-traits.ts';
export {
  compareInventories,
  type DeviceDifference,
  DIFFERENCE_FIELDS,
  type FactChange,
} from './pci/difference.ts';
export type { HostMarks } from './pci/host-marks.ts';
export type * from './pci/host-use.ts';
export {
  type DeviceIdentity,
  IDENTITY_FIELDS,
  identityOf,
  identityScore,
  SAME_DEVICE,
} from './pci/identity.ts';
export type { Inventory } from './pci/inventory.ts';
export {
  type GroupAttributes,
  type GroupMember,
  type GroupObstacle,
  type GroupVerdict,
  groupDevices,
  type IommuGroup,
  type ObstacleCode,
  type ReservedRegion,
} from './pci/iommu-group.ts';
export { type IommuState, iommuAdvice } from './pci/iommu-state.ts';
export type { PcieLink } from './pci/link.ts';
export { type DeviceLocation, topologyPath } from './pci/location.ts';
export type * from './pci/network-use.ts';
export { type Filling, kernelRomSize, type OptionRom, parseOptionRom } from './pci/option-rom.ts';
export type { EfiHeader, LegacyHeader, OptionRomImage, PciDataStructure } from './pci/option-rom-image.ts';
export {
  judgeRom,
  type RomDevice,
  type RomOrigin,
  type RomVerdict,
  type RomVerdictLevel,
} from './pci/option-rom-verdicts.ts';
export {
  type HostAbilities,
  type PassthroughLevel,
  type PassthroughNote,
  passthroughNotes,
} from './pci/passthrough.ts';
export { PciIdsNames, type PciNames } from './pci/pci-ids.ts';
export type { PersistedDevice, PersistedTraits, PersistedVf } from './pci/persisted-device.ts';
export type { PfLink } from './pci/pf-link.ts';
export { selectDevices, selectOne } from './pci/selector.ts';
export {
  parseNamingSelectors,
  parseSelector,
  parseSelectors,
  type Selector,
} from './pci/selector-parser.ts';
export type { PhysicalFunction, SriovRole, VirtualFunction } from './pci/sriov.ts';
export { stableMac } from './pci/stable-mac.ts';
export type * from './pci/storage-use.ts';
export { buildTopology, type TopologyNode, type TopologyRoot } from './pci/topology.ts';
export type { VfLinkState, VfRate, VfSettings, VfVlan } from './pci/vf-settings.ts';
export { parseVpd, type Vpd } from './pci/vpd.ts';
export {
  type BoundDevice,
  boundBy,
  type Movement,
  type MovingDevice,
  moveAsPersisted,
  moveBack,
  moveToVfio,
} from './plan/binding.ts';
export { type BindingState, type BindingStatus, bindingStatus } from './plan/binding-status.ts';
export { type Change, type DriverState, KERNELS_CHOICE, type VfState, type VfsState } from './plan/change.ts';
export {
  BINDINGS_PATH,
  type PersistedBinding,
  parseBindings,
} from './plan/persisted-bindings.ts';
export { withoutPersisted, withPersisted, withPersistedVfs } from './plan/persisted-changes.ts';
export { goalOf, type PersistedPf, parseVfs, VFS_PATH } from './plan/persisted-vfs.ts';
export type { BootSituation, PersistedRecords } from './plan/persistence-files.ts';
export type { Plan, Step } from './plan/plan.ts';
export { type BindingSituation, planBinding } from './plan/plan-binding.ts';
export { type PersistenceSituation, planPersistence } from './plan/plan-persistence.ts';
export { planVfs, type VfsProposal } from './plan/plan-vfs.ts';
export { formatScript } from './plan/script.ts';
export type { PfSituation, VfGoal, VfWishes } from './plan/vf-goal.ts';
export { SimulatedHost } from './simulation/simulated-host.ts';
export { captureHost } from './sysfs/capture.ts';
export { readLiveUse } from './sysfs/host-use/live-use.ts';
export { readHostUse } from './sysfs/host-use/read-host-use.ts';
export { readIommuState } from './sysfs/iommu-state.ts';
export { tellsResetMethods } from './sysfs/kernel-release.ts';
export { replaceIdentifiers } from './sysfs/pseudonyms.ts';
export { readGroupAttributes } from './sysfs/read-groups.ts';
export { ALL_FIELDS, readInventory } from './sysfs/read-inventory.ts';
