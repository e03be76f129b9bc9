/*
 * The library: the functions of the programs, for other programs. A host is opened and its inventory read; everything
 * else, including plans, follows from the inventory without another access to the host, until a plan is applied.
 */

export type { ApplyOptions } from './apply/application.ts';
export { applyPlan } from './apply/apply-plan.ts';
export type { ApplyOutcome, ApplyReport, StepOutcome } from './apply/apply-report.ts';
export type { ChangeableHost } from './apply/changeable-host.ts';
export { type Occasion, readJournals } from './apply/journal/journal.ts';
export type { LeftJournal } from './apply/journal/journal-parser.ts';
export { type Recovery, recover } from './apply/recover.ts';
export { type Cancellation, Cancelled } from './base/cancelled.ts';
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
export { PROBLEMS, type ProblemCode } from './base/problem.ts';
export { VERSION } from './base/version.ts';
export { type Finding, refusalsAmong, type Severity } from './checks/finding.ts';
export { checkLoss, checkRomReading, checkSafety, type RomHost } from './checks/safety/check-safety.ts';
export {
  ROM_SAFETY_FIELDS,
  type RomSafetyDevice,
  type RomSafetyField,
  SAFETY_FIELDS,
  type SafetyDevice,
  type SafetyField,
} from './checks/safety/safety-fields.ts';
export type { Observation, SafetyRule } from './checks/safety/safety-rule.ts';
export { SAFETY_RULES } from './checks/safety/safety-rules.ts';
export type { SafetyHost, SafetyView } from './checks/safety/safety-view.ts';
export type { ChosenFixes } from './checks/validation/fixes.ts';
export type { CheckResult, Outcome } from './checks/validation/validate.ts';
export type { ReconciledResult, ValidationReport } from './checks/validation/validation-report.ts';
export type { Purpose } from './checks/validation/validation-rule.ts';
export { PURPOSES } from './checks/validation/validation-rule.ts';
export type { ConfirmDocument } from './documents/changes/confirm.ts';
export type { PciBindingsDocument } from './documents/changes/pci-bindings.ts';
export type { PlanDocument } from './documents/changes/plan.ts';
export type { PolicyReportDocument } from './documents/changes/policy-report.ts';
export type { RecoverDocument } from './documents/changes/recover.ts';
export type { SriovDocument } from './documents/changes/sriov.ts';
export type { ErrorDocument } from './documents/error.ts';
export type { PciDiffDocument } from './documents/inventory/pci-diff.ts';
export type { PciGroupsDocument } from './documents/inventory/pci-groups.ts';
export type { PciListDocument } from './documents/inventory/pci-list.ts';
export type { PciShowDocument } from './documents/inventory/pci-show.ts';
export type { PciSnapshotDocument } from './documents/inventory/pci-snapshot.ts';
export type { PciTreeDocument } from './documents/inventory/pci-tree.ts';
export type { AssignmentsDocument } from './documents/machines/assignments.ts';
export type { ConsoleScriptDocument } from './documents/machines/console-script.ts';
export type { MachineCheckDocument } from './documents/machines/machine-check.ts';
export type { MachineDiffDocument } from './documents/machines/machine-diff.ts';
export type { MachineEventsDocument } from './documents/machines/machine-events.ts';
export type { MachineListDocument } from './documents/machines/machine-list.ts';
export type { MachineNewDocument } from './documents/machines/machine-new.ts';
export type { MachineRenderDocument } from './documents/machines/machine-render.ts';
export type { MachineSetDocument } from './documents/machines/machine-set.ts';
export type { MachineShowDocument } from './documents/machines/machine-show.ts';
export type { MachineStatusDocument } from './documents/machines/machine-status.ts';
export type { MachineTagDocument } from './documents/machines/machine-tag.ts';
export type { PciXmlDocument } from './documents/machines/pci-xml.ts';
export type { PciXmlFilesDocument } from './documents/machines/pci-xml-files.ts';
export type { TemplateListDocument } from './documents/machines/template-list.ts';
export type { RomDumpDocument } from './documents/rom/rom-dump.ts';
export type { RomInspectDocument } from './documents/rom/rom-inspect.ts';
export type { RomListDocument } from './documents/rom/rom-list.ts';
export type { ValidationDocument } from './documents/validation.ts';
export type * from './facts/host-use.ts';
export type * from './facts/network-use.ts';
export type * from './facts/storage-use.ts';
export { AgentProtocol } from './guest/agent/agent-protocol.ts';
export { ByteGatherer } from './guest/agent/byte-gatherer.ts';
export type {
  GuestAgent,
  GuestEnd,
  GuestEvent,
  GuestExecOptions,
  GuestExit,
  GuestFileMode,
  GuestGetOptions,
  GuestHello,
  GuestTransferOptions,
} from './guest/agent/guest-agent.ts';
export { KEY_NAMES } from './guest/console/console-keys.ts';
export type { ConsoleScript, ScriptStep } from './guest/console/console-script.ts';
export { ConsoleText } from './guest/console/console-text.ts';
export { parseConsoleScript } from './guest/console/script-parser.ts';
export { ScriptRun, type ScriptStepOutcome } from './guest/console/script-run.ts';
export type { TextPattern } from './guest/console/text-pattern.ts';
export type { Channel, ChannelFailure } from './host/channel.ts';
export type { Evaluated, EvaluationRequest, Evaluator } from './host/evaluator.ts';
export { TreeHost } from './host/file/tree-host.ts';
export type { HeldLock } from './host/file-lock.ts';
export type { FileStore, Storing } from './host/file-store.ts';
export type { GrowingFile } from './host/growing-file.ts';
export { lockHost } from './host/host-lock.ts';
export type { ClosableWriter, HostPorts, User } from './host/host-ports.ts';
export type { HostReader, ReadFailure, Reading } from './host/host-reader.ts';
export { isFailure } from './host/host-reader.ts';
export type { HostWriter, WriteFailure, Writing } from './host/host-writer.ts';
export type {
  CopyOptions,
  FileContent,
  FileStatus,
  LargeFiles,
  ScratchFolder,
} from './host/large-files.ts';
export { LiveFiles } from './host/live/live-files.ts';
export { openLiveHost } from './host/live/live-host.ts';
export { livePorts } from './host/live/live-ports.ts';
export { LiveRomReader } from './host/live/live-rom-reader.ts';
export { LiveWriter } from './host/live/live-writer.ts';
export { LiveRunner } from './host/live/program/live-runner.ts';
export { openHost } from './host/open-host.ts';
export { type PciIdsFile, readPciIdsFile } from './host/pci-ids-file.ts';
export type { RomFailure, RomReader, RomReading } from './host/rom-reader.ts';
export type {
  AskOptions,
  Opening,
  OpenProgram,
  ProgramAnswer,
  Run,
  Runner,
  RunOptions,
} from './host/runner.ts';
export { RecordingHost } from './host/snapshot/recording-host.ts';
export type { Identifiers, Snapshot, SnapshotEntry } from './host/snapshot/snapshot.ts';
export { SnapshotHost } from './host/snapshot/snapshot-host.ts';
export { parseSnapshot } from './host/snapshot/snapshot-parser.ts';
export { formatSnapshot } from './host/snapshot/snapshot-text.ts';
export type { PutOptions, UserFiles } from './host/user-files.ts';
export {
  type GuestAddressPlan,
  isSlotFree,
  placeCard,
  planGuestAddresses,
} from './libvirt/assignment/guest-topology.ts';
export { COMMON_URIS, DEFAULT_URI } from './libvirt/connection-uri.ts';
export {
  type HostDevice,
  type HostdevPool,
  plainHostDevice,
  plainVfInterface,
} from './libvirt/hostdev/host-device.ts';
export {
  type FoundHostDevice,
  parseHostDevice,
  parseHostDevices,
  parseHostdevPool,
} from './libvirt/hostdev/host-device-parser.ts';
export { formatHostDevice, formatHostdevPool, formatRootPort } from './libvirt/hostdev/host-device-text.ts';
export { decideRom, type RomDecision, type RomOccasion, type RomWish } from './libvirt/hostdev/rom-policy.ts';
export {
  cardsOf,
  type HostdevOptions,
  type PlannedHostdev,
  toHostdev,
} from './libvirt/hostdev/to-hostdev.ts';
export { CATEGORIES, guessCategory, parseCategory } from './libvirt/machine/category.ts';
export type { ConsolePort } from './libvirt/machine/console-ports.ts';
export { findMachine } from './libvirt/machine/find-machine.ts';
export { type Machine, parseMachine } from './libvirt/machine/machine.ts';
export { MACHINE_NAMESPACE, MACHINE_PREFIX, readCategory } from './libvirt/machine/machine-metadata.ts';
export {
  type KnownMachine,
  type KnownMachines,
  type MachineDocument,
  type MachineState,
  type ReadingPurpose,
  readMachines,
} from './libvirt/machine/read-machines.ts';
export { type SerialConsole, serialConsoleOf } from './libvirt/machine/serial-console.ts';
export { planTagging, type Tagging, tagMachines } from './libvirt/machine/tag-machines.ts';
export type { TakenDevice } from './libvirt/machine/taken-device.ts';
export type { GivenDevice, HostLookup } from './libvirt/machine/taken-functions.ts';
export { mergeInventories } from './libvirt/node-device/merge-inventories.ts';
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
} from './libvirt/node-device/node-device.ts';
export { contradictionsOf } from './libvirt/node-device/node-device.ts';
export { findContradictions, type XmlFinding } from './libvirt/node-device/node-device-findings.ts';
export { nodeDeviceOf, parseNodeDevice, parseNodeDevices } from './libvirt/node-device/node-device-parser.ts';
export { toInventory } from './libvirt/node-device/node-inventory.ts';
export { type NodeKind, type NodeReading, readNodeDevices } from './libvirt/node-device/read-node-devices.ts';
export { Virsh, type VirshAnswer, type VirshOptions } from './libvirt/virsh.ts';
export type { GuestAddress } from './libvirt/xml/pci-address-xml.ts';
export { MAX_XML_BYTES, parseXml, type XmlDocument } from './libvirt/xml/xml-document.ts';
export type { XmlElement } from './libvirt/xml/xml-element.ts';
export type { BootProfile } from './machines/boot/guest-modules.ts';
export type { PackageFacts } from './machines/boot/package-lists.ts';
export type { BootRecord, ImageRecord, StoredFile, StoreOrigin } from './machines/boot/store-records.ts';
export type { DefinitionFault } from './machines/definition/definition-fault.ts';
export type { Origin } from './machines/definition/definition-parser.ts';
export type { MachineDefinition } from './machines/definition/machine-definition.ts';
export type { AssignOptions, GivingOptions } from './operations/assignment/assign-options.ts';
export type {
  AssignmentSubject,
  MachinesSubject,
  ProposedDevice,
} from './operations/assignment/assignment-subject.ts';
export type { AssignmentList, MachineStatuses, RepairSubject } from './operations/assignment/assignments.ts';
export type { ChangeScope, ScopeOptions } from './operations/assignment/change-scope.ts';
export type { HostdevChoice } from './operations/assignment/hostdev-options.ts';
export type { AssignByRulesOptions } from './operations/assignment/propose-by-rules.ts';
export type { UnassignmentSubject, UnassignOptions } from './operations/assignment/propose-unassignment.ts';
export type { BindingsAnswer } from './operations/binding/list-bindings.ts';
export type { PersistPart } from './operations/binding/persist-part.ts';
export type { Persistence } from './operations/binding/persistence.ts';
export { readBindings, readPersistedPfs } from './operations/binding/persistence.ts';
export type { BindingSubject, BindOptions, UnbindOptions } from './operations/binding/propose-binding.ts';
export type { ForgetSubject } from './operations/binding/propose-forget.ts';
export type {
  RestoreBindingsSubject,
  RestoreOptions,
} from './operations/binding/propose-restore-bindings.ts';
export type { StoreEntry } from './operations/boot/boot-store.ts';
export { readBootRecords, readImageRecords } from './operations/boot/boot-store.ts';
export type { BuildBootOptions, BuiltBoot } from './operations/boot/build-boot.ts';
export type { BuildImageOptions, BuiltImage } from './operations/boot/build-image.ts';
export type { ImportBootOptions, ImportedBoot } from './operations/boot/import-boot.ts';
export type { ImportSubject } from './operations/boot/import-subject.ts';
export type { RemovedFromStore, RemoveStoredOptions } from './operations/boot/remove-stored.ts';
export type { ResolvedBoot, ResolvedImage } from './operations/boot/resolve-boot.ts';
export type { WorkOptions } from './operations/boot/work.ts';
export type { ApplyProposalOptions } from './operations/change/apply-proposal.ts';
export { refuseToChange } from './operations/change/apply-proposal.ts';
export type { HostProposal } from './operations/change/host-proposal.ts';
export type { LeftEntry, LeftReason } from './operations/change/left-entry.ts';
export type { PendingChange, PendingRecovery } from './operations/change/pending-recovery.ts';
export { refuseWritableProgram } from './operations/change/program-refusal.ts';
export { refuseUse } from './operations/change/refusals.ts';
export type { ConsoleLogOptions } from './operations/console/console-log.ts';
export { readConsoleLog } from './operations/console/console-log.ts';
export type { MachineConsole } from './operations/console/find-console.ts';
export { findConsole } from './operations/console/find-console.ts';
export type { OpenConsole, OpenConsoleOptions } from './operations/console/open-console.ts';
export type { RelayOptions } from './operations/console/relay-consoles.ts';
export type { ConsoleScriptOptions, ConsoleScriptResult } from './operations/console/run-console-script.ts';
export type { EventList } from './operations/events/list-events.ts';
export type { RanEvent, RunEventOptions } from './operations/events/run-event.ts';
export type { CopiedFile, CopyFromGuestOptions, CopyToGuestOptions } from './operations/guest/copy-files.ts';
export type { GuestCommandOptions } from './operations/guest/exec-in-guest.ts';
export type { OpenAgentOptions } from './operations/guest/open-agent.ts';
export { openAgent } from './operations/guest/open-agent.ts';
export type { RunMachineOptions } from './operations/guest/run-machine.ts';
export type { CapturedHost, SnapshotOptions } from './operations/inventory/capture-snapshot.ts';
export type { HostComparison } from './operations/inventory/compare-hosts.ts';
export type { HostView, SelectedView } from './operations/inventory/host-view.ts';
export type { ListOptions } from './operations/inventory/list-devices.ts';
export type { GroupsOptions, ListedGroups } from './operations/inventory/list-groups.ts';
export type { ShownDevice } from './operations/inventory/show-device.ts';
export type { ShownTree } from './operations/inventory/show-tree.ts';
export type { LookingSession } from './operations/looking-session.ts';
export type { MachineSession } from './operations/machine-session.ts';
export type { ListMachinesOptions, MachineList } from './operations/machines/list-machines.ts';
export type { TaggingSubject, TagOptions } from './operations/machines/propose-tagging.ts';
export type { MachineChoice } from './operations/machines/target-machines.ts';
export { openSession, type Session } from './operations/open-session.ts';
export type { PolicyOptions, PolicySubject, PolicyText } from './operations/policy/propose-policy.ts';
export { readPolicyFile } from './operations/policy/propose-policy.ts';
export type { MachineCheck } from './operations/project/check-machines.ts';
export type { MachineNames, MachineRequest } from './operations/project/choose-machines.ts';
export type {
  DefinitionState,
  MachineStatus,
  ProjectStatus,
} from './operations/project/machine/machine-status.ts';
export type { RenderedMachine } from './operations/project/machine/render-machine.ts';
export type {
  AskedQuestion,
  CreatedMachine,
  NewMachine,
  NewMachineOptions,
} from './operations/project/new/create-machine.ts';
export type { FoundTemplate } from './operations/project/new/find-template.ts';
export { openProject, type Project } from './operations/project/open-project.ts';
export type { DestroyOptions, DownSubject, HaltOptions } from './operations/project/propose-down.ts';
export { DEFAULT_GRACE_SECONDS } from './operations/project/propose-down.ts';
export type { RaisedMachine, UpOptions, UpSubject } from './operations/project/propose-up.ts';
export type { SetMachines, SetOptions } from './operations/project/set-values.ts';
export type { ShownMachine } from './operations/project/show-machine.ts';
export type { ComparedGuest, ComparedGuests } from './operations/provision/compare-guests.ts';
export type { CheckedGuest } from './operations/provision/read-guest.ts';
export type { Aftermath } from './operations/recovery/aftermath.ts';
export { readAftermath } from './operations/recovery/aftermath.ts';
export type {
  EndedChanges,
  RecoveredChange,
  RecoverOptions,
  RecoveryWatch,
} from './operations/recovery/end-changes.ts';
export { endChanges } from './operations/recovery/end-changes.ts';
export type { Missing } from './operations/recovery/missing-now.ts';
export type { RecoveredHost, RecoverHostOptions } from './operations/recovery/recover-host.ts';
export type { DumpedRom, DumpRomOptions } from './operations/rom/dump-rom.ts';
export type { RomFile, RomInspection } from './operations/rom/inspect-rom.ts';
export type { InspectedRom } from './operations/rom/inspected-rom.ts';
export type { ListedRom, ListedRoms, RomsOptions } from './operations/rom/list-roms.ts';
export type { RomReadingOptions } from './operations/rom/read-roms.ts';
export type { SessionOptions } from './operations/session/host-session.ts';
export { HostSession } from './operations/session/host-session.ts';
export { askedUri, demandNamedLibvirt, URI_VARIABLE } from './operations/session/libvirt-connection.ts';
export type { ListedPf, ListPfsOptions, PfsAnswer } from './operations/sriov/list-pfs.ts';
export type { RestoreVfsSubject } from './operations/sriov/propose-restore-vfs.ts';
export type { SetVfsOptions, SetVfsSubject } from './operations/sriov/propose-vfs.ts';
export { MAX_VFS } from './operations/sriov/propose-vfs.ts';
export type { BootSession, ImageSession } from './operations/store-session.ts';
export type { FixOptions, FixSubject } from './operations/validation/propose-fixes.ts';
export type { ValidateOptions, ValidationAnswer } from './operations/validation/validate-host.ts';
export type { AllDevicesXml, LeftOut } from './operations/xml/all-devices-xml.ts';
export type { Snippet } from './operations/xml/device-snippets.ts';
export type { DeviceXml, XmlOptions } from './operations/xml/device-xml.ts';
export type { GuestPlace } from './operations/xml/guest-addresses.ts';
export {
  type NodeDeviceXml,
  type NodeDeviceXmlOptions,
  nodeDeviceXml,
} from './operations/xml/node-device-xml.ts';
export type { PoolXmlOptions } from './operations/xml/pool-xml.ts';
export {
  comparePciAddresses,
  isPciAddress,
  type PciAddress,
  parsePciAddress,
  shortAddress,
  slotOf,
} from './pci/address.ts';
export type { Attachment, AttachmentKind } from './pci/attachment.ts';
export type { Bar, ExpansionRom } from './pci/config/bar.ts';
export type * from './pci/config/capabilities.ts';
export type { Capability } from './pci/config/capability-list.ts';
export { type ConfigSpace, parseConfigSpace } from './pci/config/config-space.ts';
export { parseVpd, type Vpd } from './pci/config/vpd.ts';
export type {
  DeviceClass,
  DeviceField,
  DeviceInPart,
  DeviceRequest,
  DeviceWith,
  NamedId,
  PciDevice,
  SubsystemId,
} from './pci/device.ts';
export { categoryOf, DEVICE_CATEGORIES, type DeviceCategory } from './pci/device-class.ts';
export { type SerialAt, TRAIT_FIELDS, type TraitField } from './pci/device-traits.ts';
export {
  compareInventories,
  type DeviceDifference,
  DIFFERENCE_FIELDS,
  type DifferenceField,
  type FactChange,
} from './pci/difference.ts';
export {
  GROUP_FIELDS,
  type GroupAttributes,
  type GroupField,
  type GroupMember,
  type GroupObstacle,
  type GroupVerdict,
  groupDevices,
  type IommuGroup,
  type ObstacleCode,
  type ReservedRegion,
  staysWithHost,
} from './pci/group/iommu-group.ts';
export { type IommuState, iommuAdvice, isUnderXen } from './pci/group/iommu-state.ts';
export {
  type HostAbilities,
  PASSTHROUGH_FIELDS,
  type PassthroughDevice,
  type PassthroughField,
  type PassthroughLevel,
  type PassthroughNote,
  passthroughNotes,
} from './pci/group/passthrough.ts';
export type { HostMarks } from './pci/host-marks.ts';
export {
  type DeviceIdentity,
  IDENTITY_FIELDS,
  type IdentityField,
  identityOf,
  identityScore,
  SAME_DEVICE,
} from './pci/identity.ts';
export type { Inventory } from './pci/inventory.ts';
export type { PcieLink } from './pci/link.ts';
export { type DeviceLocation, topologyPath } from './pci/location.ts';
export { NO_NAMES, PciIdsNames, type PciNames } from './pci/pci-ids.ts';
export type { PersistedDevice, PersistedTraits, PersistedVf } from './pci/persisted/persisted-device.ts';
export {
  type Filling,
  kernelRomSize,
  MAX_ROM_BYTES,
  type OptionRom,
  parseOptionRom,
} from './pci/rom/option-rom.ts';
export type {
  EfiHeader,
  LegacyHeader,
  OptionRomImage,
  PciDataStructure,
} from './pci/rom/option-rom-image.ts';
export {
  isSound,
  judgeRom,
  type RomDevice,
  type RomOrigin,
  type RomVerdict,
  type RomVerdictLevel,
} from './pci/rom/option-rom-verdicts.ts';
export { selectDevices, selectOne } from './pci/selector/selector.ts';
export {
  parseNamingSelectors,
  parseSelector,
  parseSelectors,
  SELECTOR_KEYS,
  type Selector,
} from './pci/selector/selector-parser.ts';
export type { PfLink } from './pci/sriov/pf-link.ts';
export type { PhysicalFunction, SriovRole, VirtualFunction } from './pci/sriov/sriov.ts';
export { stableMac } from './pci/sriov/stable-mac.ts';
export type { VfLinkState, VfRate, VfSettings, VfVlan } from './pci/sriov/vf-settings.ts';
export { buildTopology, type TopologyNode, type TopologyRoot } from './pci/topology.ts';
export { DEFAULT_RULES } from './plan/assignment/assignment-rules-parser.ts';
export {
  type BoundDevice,
  boundBy,
  planBind,
  planPersistedBinds,
  planUnbind,
  REBINDING_FIELDS,
  type Rebinding,
  type RebindingField,
  type ReboundDevice,
} from './plan/binding/binding.ts';
export { type BindingState, type BindingStatus, bindingStatus } from './plan/binding/binding-status.ts';
export type { BoundUntilReboot } from './plan/binding/bound-until-reboot.ts';
export {
  BINDINGS_PATH,
  PERSISTED_FIELDS,
  type PersistedBinding,
  type PersistedField,
  parseBindings,
} from './plan/binding/persisted-bindings.ts';
export { type HostBindingState, planBinding } from './plan/binding/plan-binding.ts';
export type { Change } from './plan/change.ts';
export { DEFAULT_DRIVER, type DriverState, type VfState, type VfsState } from './plan/change-states.ts';
export type { FixStep } from './plan/fixes/plan-fixes.ts';
export { withoutPersisted, withPersisted, withPersistedVfs } from './plan/persistence/persisted-changes.ts';
export type { BootState, PersistedRecords } from './plan/persistence/persistence-files.ts';
export { type PersistenceState, planPersistence } from './plan/persistence/plan-persistence.ts';
export type { Plan, Step } from './plan/plan.ts';
export type { PolicyDevice } from './plan/policy/policy.ts';
export { formatScript } from './plan/script/script.ts';
export { goalOf, type PersistedPf, parseVfs, VFS_PATH } from './plan/sriov/persisted-vfs.ts';
export { type PfField, planVfs, type VfField, type VfsProposal } from './plan/sriov/plan-vfs.ts';
export type { PfState, VfGoal, VfWishes } from './plan/sriov/vf-goal.ts';
export { badValue, VF_SETTING_KEYS, VF_SETTING_TEXTS } from './plan/sriov/vf-setting-texts.ts';
export type { VfsStatus } from './plan/sriov/vfs-status.ts';
export { SimulatedHost } from './simulation/simulated-host.ts';
export { captureHost } from './sysfs/capture.ts';
export { ALL_FIELDS, readInventory } from './sysfs/device/read-inventory.ts';
export { readRegisteredDrivers } from './sysfs/device/registered-drivers.ts';
export { readLiveUse } from './sysfs/host-use/live-use.ts';
export { readHostUse } from './sysfs/host-use/read-host-use.ts';
export { readIommuState } from './sysfs/iommu-state.ts';
export { tellsResetMethods } from './sysfs/kernel-release.ts';
export { readGroupAttributes } from './sysfs/read-groups.ts';
export { replaceIdentifiers } from './sysfs/redaction/replace-identifiers.ts';
