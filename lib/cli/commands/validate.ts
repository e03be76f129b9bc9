import { findSafety } from '../../apply/safety-reading.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { DENIED, knownValue, mapKnown, UNREAD } from '../../base/known.ts';
import type { Finding } from '../../checks/finding.ts';
import type { Asked } from '../../checks/validation/validate.ts';
import type { ValidatedHost } from '../../checks/validation/validated-host.ts';
import { isPassed, reportOn, type ValidationReport } from '../../checks/validation/validation-report.ts';
import { PURPOSES, type Purpose } from '../../checks/validation/validation-rule.ts';
import type { HostReader } from '../../host/host-reader.ts';
import { LiveRunner } from '../../host/live/live-runner.ts';
import { isLocalUri } from '../../libvirt/connection-uri.ts';
import { runHostValidate } from '../../libvirt/host-validate.ts';
import { findMachine } from '../../libvirt/machine/find-machine.ts';
import { readFolderDrivers } from '../../libvirt/machine/folder-drivers.ts';
import { readMachines } from '../../libvirt/machine/read-machines.ts';
import type { HostLookup } from '../../libvirt/machine/taken-functions.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import { readPendingRecovery } from '../../operations/change/pending-recovery.ts';
import { virshOf } from '../../operations/session/libvirt-connection.ts';
import { refuseElsewhere } from '../../operations/session/refuse-elsewhere.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseSelectors } from '../../pci/selector/selector-parser.ts';
import { formatDocument } from '../../render/documents.ts';
import { validationDocument } from '../../render/validation/validation-document.ts';
import { renderValidation } from '../../render/validation/validation-text.ts';
import { hostLookup } from '../../sysfs/host-lookup.ts';
import { mendHost, wantsFixes } from '../fix-host.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { ReadingValues } from '../reading-options.ts';
import { hostOf, namesOf, noteLines, remarks, sessionOf } from '../reading-options.ts';
import type { ChangingValues } from '../tables/changing-options.ts';
import type { LibvirtValues } from '../tables/libvirt-options.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { needsOfAll, readSession, readState, type ToldByLibvirt } from '../validation-state.ts';

interface ValidateValues
  extends Pick<ChangingValues, 'dryRun' | 'script' | 'yes' | 'allow'>,
    Pick<LibvirtValues, 'connect'>,
    ReadingValues {
  readonly devices: readonly string[];
  readonly for: readonly string[];
  readonly machine: string | undefined;
  readonly all: boolean;
  readonly strict: boolean;
  readonly format: Format | undefined;
  readonly fix: boolean;
}

/** `pci validate`: whether a host can do what is asked of it; exit 1 where it can not. With `--fix`, mends what it can. */
export async function runValidate(
  args: ValidateValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const { width, style } = terminal;
  const format = formatOf(args);
  const mends = wantsFixes(args);
  const isStrict = args.strict;
  const purposes = PURPOSES.filter((purpose) => args.for.includes(purpose));
  const selectors = parseSelectors(args.devices).map((selector) => ({
    ...selector,
    mustMatch: true,
  }));
  const host = hostOf(args);
  const names = namesOf(args);
  const named = args.machine;
  // What a machine has is known only after the devices were read.
  const isAboutHost = selectors.length === 0 || named !== undefined;
  const state = readState(
    host,
    names,
    selectors.flatMap((selector) => selector.fields),
    isAboutHost ? null : (all) => selectDevices(all, selectors),
  );
  const { inventory } = state;
  const devices = selectors.length === 0 ? [] : selectDevices(inventory.devices, selectors);
  const told = await libvirtFor(args, purposes, selectors.length > 0, hostLookup(host, inventory.devices));
  const machine = named === undefined ? null : findMachine(knownValue(told.machines) ?? [], named);
  const validated: ValidatedHost = {
    ...state.host,
    session: readSession(host, virshOf(sessionOf(args)).uri),
    folderDrivers: told.folderDrivers,
    machines: mapKnown(told.machines, (machines) => needsOfAll(machines, host)),
    findings: findingsOn(
      devices.map(({ address }) => address),
      host,
      state,
    ),
  };
  const asked: Asked = {
    purposes,
    devices,
    machine: machine === null ? null : (needsOfAll([machine], host)[0] ?? null),
  };
  const isLive = args.host === undefined;
  const diagnostics = [...inventory.diagnostics, ...told.diagnostics];
  const pending = await readPendingRecovery(sessionOf(args));
  const stderr =
    remarks({ ...args, json: format !== 'text' }, names, host, diagnostics) + noteLines(pending.notes);
  if (mends) {
    const report = reportOn(validated, asked, null);
    const { facts } = validated;
    return mendHost({ host, facts, inventory, report, isStrict, remarks: stderr }, args, terminal, dialogue);
  }
  const report = reportOn(validated, asked, isLive ? await runHostValidate(new LiveRunner()) : null);
  return {
    exitCode: isPassed(report, isStrict) ? EXIT.ok : EXIT.findings,
    stdout:
      format === 'json'
        ? formatDocument(validationDocument(inventory.host, report, isStrict, diagnostics, pending.changes))
        : format === 'junit'
          ? await junitOf(inventory, report, isStrict)
          : renderValidation(report, args.all, width, style),
    stderr,
  };
}

/** Its package takes longer to load than a host is looked at, and few ask for it. */
async function junitOf({ host }: Inventory, report: ValidationReport, isStrict: boolean): Promise<string> {
  const { formatJUnit } = await import('../../render/validation/validation-junit.ts');
  return formatJUnit(host, report, isStrict);
}

type Format = 'text' | 'json' | 'junit';

/** @throws PortalGunError BAD_ARGUMENT */
function formatOf(args: ValidateValues): Format {
  const format = args.format;
  if (!args.json) return format ?? 'text';
  if (format === undefined || format === 'json') return 'json';
  throw new PortalGunError('BAD_ARGUMENT', `does not go with --format ${format}`, { subject: '--json' });
}

/**
 * What rules are to know of a libvirt. Where nobody asks about a machine in particular, a libvirt that is not there is no error: a
 * rule says so.
 *
 * @throws PortalGunError BAD_ARGUMENT; for `--machine`, and where `--connect` says whom to ask, all that a libvirt throws
 */
async function libvirtFor(
  args: ValidateValues,
  purposes: readonly Purpose[],
  isAboutDevices: boolean,
  lookup: HostLookup,
): Promise<ToldByLibvirt> {
  const isNamed = args.machine !== undefined;
  const isDemanded = isNamed || args.connect !== undefined;
  const isCaptured = args.host !== undefined;
  if (isNamed && isCaptured && args.connect === undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'a captured host has no machines', {
      subject: '--machine',
      hint: 'say with --connect which libvirt has them',
    });
  }
  const isWanted = !isAboutDevices && (purposes.length === 0 || purposes.includes('machines'));
  const virsh = virshOf(sessionOf(args));
  // That of another host, which the environment names, has no say on this one.
  if (!isDemanded && (isCaptured || !isWanted || !isLocalUri(virsh.uri))) {
    return { machines: UNREAD, folderDrivers: UNREAD, diagnostics: [] };
  }
  refuseElsewhere(sessionOf(args), virsh.uri);
  try {
    const told = await readMachines(virsh, 'look', lookup);
    return { ...told, folderDrivers: await folderDriversOf(virsh) };
  } catch (error) {
    if (isDemanded || !(error instanceof PortalGunError)) throw error;
    const why = error.code === 'PERMISSION_DENIED' ? DENIED : UNREAD;
    return { machines: why, folderDrivers: why, diagnostics: [] };
  }
}

/** For whom libvirt lets change things alone; others are told of machines all the same. */
async function folderDriversOf(virsh: Virsh): Promise<ToldByLibvirt['folderDrivers']> {
  try {
    return await readFolderDrivers(virsh);
  } catch (error) {
    if (error instanceof PortalGunError && error.code === 'PERMISSION_DENIED') return DENIED;
    throw error;
  }
}

function findingsOn(
  addresses: readonly PciAddress[],
  host: HostReader,
  { inventory, host: { groups } }: ReturnType<typeof readState>,
): ReadonlyMap<PciAddress, readonly Finding[]> {
  return new Map(
    addresses.map((address) => [address, findSafety(host, inventory, groups, [address], null)] as const),
  );
}
