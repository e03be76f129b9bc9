import { findDefinitionSafety, findSafety } from '../apply/safety-reading.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import { PortalGunError } from '../base/errors.ts';
import type { Finding } from '../checks/finding.ts';
import type { HostReader } from '../host/host-reader.ts';
import type { AssignmentPolicy } from '../libvirt/assignment/assignment.ts';
import type { Virsh } from '../libvirt/virsh.ts';
import { type HostdevState, readHostdevState } from '../operations/assignment/hostdev-state.ts';
import { refuseOtherHost, virshOf } from '../operations/session/libvirt-connection.ts';
import { sysfsSource } from '../operations/session/sysfs-source.ts';
import type { PciAddress } from '../pci/address.ts';
import type { DeviceField } from '../pci/device.ts';
import { TRAIT_FIELDS } from '../pci/device-traits.ts';
import type { PciNames } from '../pci/pci-ids.ts';
import type { MachineAttachment } from '../plan/assignment/plan-attachment.ts';
import type { ProbedDevices } from '../sysfs/device/read-inventory.ts';
import { applies } from './live-attachments.ts';
import { machineRemarks } from './machine-remarks.ts';
import type { ReadingValues } from './reading-options.ts';
import { hostOf, namesOf, remarks, sessionOf } from './reading-options.ts';
import type { ChangingValues } from './tables/changing-options.ts';
import type { LibvirtValues } from './tables/libvirt-options.ts';

/** What names a host, and the libvirt that has its machines. */
type AssignmentValues = ReadingValues & Pick<LibvirtValues, 'connect'>;
/** Whether a plan is only shown; a command that makes none has no such options. */
type PlanChoice = Partial<Pick<ChangingValues, 'dryRun' | 'script'>>;

/** The host whose devices machines are given, and the libvirt that has those machines. */
export interface AssignmentHost {
  readonly host: HostReader;
  readonly names: PciNames;
  readonly virsh: Virsh;
}

/** The same, with the devices as far as giving them depends on it. */
export interface AssignmentState extends AssignmentHost {
  readonly handing: HostdevState;
}

/**
 * Opens what the arguments name. Devices are looked for on this machine, or on a captured one; the machines have to be those
 * that run there.
 *
 * @param changes whether definitions would be changed, unless the plan is only to be seen
 * @throws PortalGunError BAD_ARGUMENT, BAD_HOST, BAD_SNAPSHOT, PERMISSION_DENIED, BAD_NAMES
 */
export function openAssignmentHost(args: AssignmentValues & PlanChoice, changes: boolean): AssignmentHost {
  const virsh = virshOf(sessionOf(args));
  refuseElsewhere(args, virsh.uri, changes);
  return { virsh, host: hostOf(args), names: namesOf(args) };
}

/**
 * Reads all that giving devices to machines, or taking them away, depends on, but for the machines: what is wrong with a device
 * that is named is said before a libvirt is asked.
 *
 * @param more facts of devices that are needed besides their identities
 * @param asked the devices that the question is about; all without it
 * @throws PortalGunError as {@link openAssignmentHost}, and what reading devices throws
 */
export async function readAssignmentState(
  args: AssignmentValues & PlanChoice,
  more: readonly DeviceField[],
  asked?: ProbedDevices,
): Promise<AssignmentState> {
  const opened = openAssignmentHost(args, true);
  const { host, names } = opened;
  const handing = await readHostdevState(sysfsSource(host), names, [], [...TRAIT_FIELDS, ...more], asked);
  return { ...opened, handing };
}

/** What speaks against machines having devices, from their next start on, and some at once. */
export function findAssignmentSafety(
  { host, handing }: AssignmentState,
  addresses: readonly PciAddress[],
  attachments: readonly MachineAttachment[] = [],
): readonly Finding[] {
  const { inventory, groups } = handing;
  const findings =
    attachments.length === 0
      ? findDefinitionSafety(host, inventory, groups, addresses)
      : findSafety(host, inventory, groups, addresses, null);
  return findings.filter((finding) => applies(finding, attachments, inventory.devices));
}

/** By which policy devices are given as they are. */
export function assignmentPolicyOf(args: { readonly policy: string | undefined }): AssignmentPolicy {
  return args.policy === 'exclusive' ? 'exclusive' : 'shared';
}

/** For standard error: what was met among devices, and among machines. */
export function assignmentRemarks(
  args: AssignmentValues,
  { host, names }: AssignmentHost,
  ofDevices: readonly Diagnostic[],
  ofMachines: readonly Diagnostic[],
): string {
  return remarks(args, names, host, ofDevices) + machineRemarks(args, sessionOf(args), ofMachines, 'pci');
}

/**
 * Refuses machines that do not run where devices are looked for: on this machine, or on a captured one.
 *
 * @param changes whether definitions would be changed, unless the plan is only to be seen
 * @throws PortalGunError BAD_ARGUMENT
 */
function refuseElsewhere(
  args: Pick<ReadingValues, 'host'> & Pick<LibvirtValues, 'connect'> & PlanChoice,
  uri: string,
  changes: boolean,
): void {
  const session = sessionOf(args);
  refuseOtherHost(session, uri);
  const isLooking = !changes || args.dryRun || args.script;
  if (session.isCaptured && !isLooking && args.connect === undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'is a captured host, and nothing says where its machines are', {
      subject: '--host',
      hint: 'say with --connect which libvirt has its machines, or add --dry-run',
    });
  }
}
