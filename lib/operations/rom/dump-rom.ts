import { findRomSafety } from '../../apply/safety-reading.ts';
import { PortalGunError } from '../../base/errors.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import { absolutePath } from '../../host/file/files.ts';
import type { ExpansionRom } from '../../pci/config/bar.ts';
import type { PciDevice } from '../../pci/device.ts';
import { isSound } from '../../pci/rom/option-rom-verdicts.ts';
import { selectOne } from '../../pci/selector/selector.ts';
import { parseSelector } from '../../pci/selector/selector-parser.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import type { HostView } from '../inventory/host-view.ts';
import type { HostSession } from '../session/host-session.ts';
import { bytesOf, demandRom, type InspectedRom, romOfDevice } from './inspected-rom.ts';
import {
  BAD_ROM,
  ROM_FIELDS,
  type RomReadingOptions,
  readingRoms,
  refuseCapturedRom,
  romAllowedOf,
} from './read-roms.ts';

/** Options of `pci rom dump`. */
export interface DumpRomOptions extends RomReadingOptions {
  /** An address, or any selector that means one device. */
  readonly device: string;
  /** The path of the file for the ROM. */
  readonly file: string;
  /** Whether a file with other content is replaced. */
  readonly overwrite?: boolean;
  /** Whether only the findings are checked, and nothing is read. */
  readonly dryRun?: boolean;
}

/** A ROM that was, or would be, written to a file. */
export interface DumpedRom extends HostView {
  readonly device: PciDevice;
  readonly register: ExpansionRom;
  readonly file: string;
  /** The findings that prevent reading it. */
  readonly findings: readonly Finding[];
  /** The names of accepted safety rules. */
  readonly allowed: ReadonlySet<string>;
  /** The findings that stop it, without accepted ones. */
  readonly refusals: readonly Finding[];
  /** The result for the file; `none` if nothing was read. */
  readonly outcome: 'written' | 'replaced' | 'unchanged' | 'none';
  /** `null` if nothing was read. */
  readonly inspected: InspectedRom | null;
}

/**
 * Reads the ROM of a device of this machine and writes it to a file that all users may read.
 *
 * @throws PortalGunError BAD_ARGUMENT, BAD_SELECTOR, DEVICE_NOT_FOUND, AMBIGUOUS_DEVICE, NO_ROM, ROM_UNREADABLE,
 * BAD_ROM,
 *   DEVICE_IN_USE, PERMISSION_DENIED, HOST_LOCKED, RECOVERY_NEEDED, TOOL_MISSING, JOURNAL_FAILED, FILE_EXISTS,
 *   OUTPUT_FAILED
 */
export async function dumpRom(
  session: HostSession,
  { device: word, file: path, overwrite = false, dryRun = false, allow = [], signal }: DumpRomOptions,
): Promise<DumpedRom> {
  const allowed = romAllowedOf(allow, true);
  if (!dryRun) refuseCapturedRom(session);
  const file = absolutePath(path);
  const { host, names, ports } = session;
  const fields = new Set([...ROM_FIELDS, 'sriov' as const, ...parseSelector(word).fields]);
  const inventory = readInventory(host, names, [...fields]);
  const device = selectOne(inventory.devices, word);
  const register = demandRom(device);
  const findings = findRomSafety(host, inventory.devices, device.address);
  const dumped: DumpedRom = {
    inventory,
    origin: host.label,
    device,
    register,
    file,
    findings,
    allowed,
    refusals: refusalsAmong(findings, allowed),
    outcome: 'none',
    inspected: null,
  };
  if (dryRun) return dumped;
  const files = await ports.openUserFiles();
  // Checked before the device is read, so that it is not read in vain.
  files.demandPlace(file);
  const attempt = await readingRoms(session, allowed, signal, (read) => read(device));
  const inspected = romOfDevice(device, register, attempt);
  const bad = inspected.verdicts.find(({ level }) => level === 'bad');
  if (!isSound(inspected.verdicts) && bad !== undefined && !allowed.has(BAD_ROM.name)) {
    throw new PortalGunError('BAD_ROM', `its ROM is not saved: it ${bad.message}`, {
      subject: device.address,
    });
  }
  const bytes = bytesOf(device.address, register.isShadow, attempt);
  return { ...dumped, outcome: files.put(file, bytes, { overwrites: overwrite }), inspected };
}
