import { safetyHost } from '../../apply/safety-reading.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { PortalGunError } from '../../base/errors.ts';
import { DENIED, knownValue, mapKnown, UNREAD } from '../../base/known.ts';
import { suggest } from '../../base/text.ts';
import type { Finding } from '../../checks/finding.ts';
import { checkSafety } from '../../checks/safety/check-safety.ts';
import type { Asked } from '../../checks/validation/validate.ts';
import type { ValidatedHost } from '../../checks/validation/validated-host.ts';
import { isPassed, reportOn, type ValidationReport } from '../../checks/validation/validation-report.ts';
import { PURPOSES, type Purpose } from '../../checks/validation/validation-rule.ts';
import { isLocalUri } from '../../libvirt/connection-uri.ts';
import { runHostValidate } from '../../libvirt/host-validate.ts';
import { findMachine } from '../../libvirt/machine/find-machine.ts';
import { readFolderDrivers } from '../../libvirt/machine/folder-drivers.ts';
import { readMachines } from '../../libvirt/machine/read-machines.ts';
import type { HostLookup } from '../../libvirt/machine/taken-functions.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseSelectors } from '../../pci/selector/selector-parser.ts';
import { hostLookup } from '../../sysfs/host-lookup.ts';
import { type PendingRecovery, readPendingRecovery } from '../change/pending-recovery.ts';
import type { HostSession } from '../session/host-session.ts';
import { virshOf } from '../session/libvirt-connection.ts';
import { refuseElsewhere } from '../session/refuse-elsewhere.ts';
import {
  needsOfAll,
  type ReadState,
  readState,
  readUserSession,
  type ToldByLibvirt,
} from './validation-state.ts';

/** The requirements that a host is checked for; by default, to run VMs and pass devices to them. */
export interface ValidateOptions {
  /** Selectors of devices for a VM; each must match. */
  readonly devices?: readonly string[];
  /** The purposes of the host. */
  readonly for?: readonly Purpose[];
  /** The VM to start, by its name or UUID. */
  readonly machine?: string | undefined;
  /** Whether it passes only without warnings and unknown results. */
  readonly strict?: boolean;
}

/** Whether a host supports the requested purpose. */
export interface ValidationAnswer {
  readonly report: ValidationReport;
  /** Whether it does: no check fails; if strict, none warns, and all could run. */
  readonly passed: boolean;
  readonly inventory: Inventory;
  /** The changes that were interrupted, or await confirmation. */
  readonly recovery: PendingRecovery['changes'];
  /** Further notes for the user: sentences. */
  readonly notes: readonly string[];
  /** The diagnostics of reading. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A host with the facts for validation, and the request. */
export interface ReadValidation extends Omit<ValidationAnswer, 'report' | 'passed'> {
  readonly validated: ValidatedHost;
  readonly asked: Asked;
}

/**
 * Validates a host, together with virt-host-validate if it is this machine.
 *
 * @throws PortalGunError BAD_ARGUMENT, BAD_SELECTOR, DEVICE_NOT_FOUND, MACHINE_NOT_FOUND, PERMISSION_DENIED, the
 * errors of opening the
 *   host, and for a VM, or if a libvirt is named, all errors of libvirt
 */
export async function validate(
  session: HostSession,
  options: ValidateOptions = {},
): Promise<ValidationAnswer> {
  const { validated, asked, ...read } = await readValidation(session, options);
  const rows = session.isCaptured ? null : await runHostValidate(session.ports.runner);
  const report = reportOn(validated, asked, rows);
  return { ...read, report, passed: isPassed(report, options.strict ?? false) };
}

/** The purposes for which rules look only at the devices that are asked about, if any are. */
const OF_DEVICES: ReadonlySet<Purpose> = new Set<Purpose>(['passthrough', 'machines']);

/**
 * Reads all facts for validating a host.
 *
 * @throws PortalGunError as {@link validate}
 */
export async function readValidation(
  session: HostSession,
  { devices: words = [], for: wanted = [], machine: named }: ValidateOptions,
): Promise<ReadValidation> {
  const purposes = purposesOf(wanted);
  const selectors = parseSelectors(words).map((selector) => ({ ...selector, mustMatch: true }));
  const { host } = session;
  // The devices of a VM are known only after the devices were read.
  const isAboutHost = selectors.length === 0 || named !== undefined;
  const state = readState(session, {
    asked: isAboutHost ? null : (all) => selectDevices(all, selectors),
    selecting: selectors.flatMap((selector) => selector.fields),
    // What machines have is looked up among all devices.
    isAboutThese: session.options.connect === undefined && purposes.every((each) => OF_DEVICES.has(each)),
  });
  const { inventory } = state;
  const devices = selectors.length === 0 ? [] : selectDevices(inventory.devices, selectors);
  const isWanted = selectors.length === 0 && (purposes.length === 0 || purposes.includes('machines'));
  const told = await libvirtFor(session, named, isWanted, hostLookup(host, inventory.devices));
  const machine = named === undefined ? null : findMachine(knownValue(told.machines) ?? [], named);
  const validated: ValidatedHost = {
    ...state.host,
    session: readUserSession(session, virshOf(session).uri),
    folderDrivers: told.folderDrivers,
    machines: mapKnown(told.machines, (machines) => needsOfAll(machines, host)),
    findings: findingsOn(
      session,
      devices.map(({ address }) => address),
      state,
    ),
  };
  const pending = await readPendingRecovery(session);
  return {
    validated,
    asked: {
      purposes,
      devices,
      machine: machine === null ? null : (needsOfAll([machine], host)[0] ?? null),
    },
    inventory,
    recovery: pending.changes,
    notes: pending.notes,
    diagnostics: [...inventory.diagnostics, ...told.diagnostics],
  };
}

/**
 * The purposes in their own order. An unknown purpose is an error, because it would pass without a check.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
function purposesOf(wanted: readonly string[]): readonly Purpose[] {
  const stranger = wanted.find((each) => !PURPOSES.some((purpose) => purpose === each));
  if (stranger === undefined) return PURPOSES.filter((purpose) => wanted.includes(purpose));
  const meant = suggest(stranger, PURPOSES);
  throw new PortalGunError('BAD_ARGUMENT', `no such purpose: "${stranger}"`, {
    subject: '--for',
    hint: meant === undefined ? `the purposes are ${PURPOSES.join(', ')}` : `did you mean ${meant}?`,
  });
}

/**
 * The facts of a libvirt for the rules. If no VM is named, a missing libvirt is not an error: a rule reports it.
 *
 * @throws PortalGunError BAD_ARGUMENT; for a VM, and if a libvirt is named, all errors of libvirt
 */
async function libvirtFor(
  session: HostSession,
  machine: string | undefined,
  isWanted: boolean,
  lookup: HostLookup,
): Promise<ToldByLibvirt> {
  const {
    isCaptured,
    options: { connect },
  } = session;
  const isNamed = machine !== undefined;
  const isDemanded = isNamed || connect !== undefined;
  if (isNamed && isCaptured && connect === undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'a snapshot contains no VMs', {
      subject: '--machine',
      hint: 'name the libvirt that has them with --connect',
    });
  }
  const virsh = virshOf(session);
  // A libvirt of another host in the environment is not used for this host.
  if (!isDemanded && (isCaptured || !isWanted || !isLocalUri(virsh.uri))) {
    return { machines: UNREAD, folderDrivers: UNREAD, diagnostics: [] };
  }
  refuseElsewhere(session, virsh.uri);
  try {
    const told = await readMachines(virsh, 'look', lookup);
    return { ...told, folderDrivers: await folderDriversOf(virsh) };
  } catch (error) {
    if (isDemanded || !(error instanceof PortalGunError)) throw error;
    const why = error.code === 'PERMISSION_DENIED' ? DENIED : UNREAD;
    return { machines: why, folderDrivers: why, diagnostics: [] };
  }
}

/** Only users who can change libvirt can read it; for others the VMs are still known. */
async function folderDriversOf(virsh: Virsh): Promise<ToldByLibvirt['folderDrivers']> {
  try {
    return await readFolderDrivers(virsh);
  } catch (error) {
    if (error instanceof PortalGunError && error.code === 'PERMISSION_DENIED') return DENIED;
    throw error;
  }
}

function findingsOn(
  { host }: HostSession,
  addresses: readonly PciAddress[],
  { inventory, host: { groups, use } }: ReadState,
): ReadonlyMap<PciAddress, readonly Finding[]> {
  if (addresses.length === 0) return new Map();
  const now = safetyHost(host, inventory.devices, groups, use);
  return new Map(addresses.map((address) => [address, checkSafety([address], now)] as const));
}
