import { findRomSafety } from '../../apply/safety-reading.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { PortalGunError } from '../../base/errors.ts';
import { knownValue, UNREAD, type Unknown } from '../../base/known.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import { type RomOffer, romOffers } from '../../libvirt/hostdev/rom-offers.ts';
import { readMachines } from '../../libvirt/machine/read-machines.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { ExpansionRom } from '../../pci/config/bar.ts';
import type { PciDevice } from '../../pci/device.ts';
import { type OptionRom, parseOptionRom } from '../../pci/rom/option-rom.ts';
import { judgeRom, type RomVerdict } from '../../pci/rom/option-rom-verdicts.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseSelectors } from '../../pci/selector/selector-parser.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { type SelectedView, suggestionFor } from '../inventory/host-view.ts';
import type { HostSession } from '../session/host-session.ts';
import { virshOf } from '../session/libvirt-connection.ts';
import {
  failureText,
  ROM_FIELDS,
  type RomAttempt,
  type RomReadingOptions,
  readingRoms,
  refuseCapturedRom,
  romAllowedOf,
  romDeviceOf,
} from './read-roms.ts';

/** A device with an option ROM, with the facts that were read of the ROM. */
export interface ListedRom {
  readonly device: PciDevice;
  readonly rom: ExpansionRom;
  /**
   * - `read`: it was read, with its `contents`.
   * - `failed`: the read failed; `problem` has the reason.
   * - `refused`: it was not read, because the device is in use; `problem` has the use.
   * - `untried`: it was not requested.
   */
  readonly reading: 'read' | 'failed' | 'refused' | 'untried';
  /** A clause; it may contain raw text of the host. */
  readonly problem: string | null;
  readonly contents: OptionRom | null;
  readonly verdicts: readonly RomVerdict[];
  /** The settings of the VMs that have the device; unknown if no libvirt was asked. */
  readonly offers: readonly RomOffer[] | Unknown;
}

/** The ROMs to list, and whether they are read. */
export interface RomsOptions extends RomReadingOptions {
  /** Whether the ROM of each unused device is read, which enables it for a moment. */
  readonly read?: boolean;
}

/** The devices that have an option ROM. */
export interface ListedRoms extends SelectedView {
  readonly roms: readonly ListedRom[];
  /** The libvirt of the VMs, with its diagnostics, or why it does not answer; `null` if none was asked. */
  readonly libvirt: { readonly diagnostics: readonly Diagnostic[] } | PortalGunError | null;
}

/** A device with an option ROM. */
interface WithRom {
  readonly device: PciDevice;
  readonly rom: ExpansionRom;
}

/**
 * Lists the selected devices, all without selectors, that have an option ROM.
 *
 * @throws PortalGunError BAD_ARGUMENT, BAD_SELECTOR, DEVICE_NOT_FOUND, and the errors of opening the host; if the
 * ROMs are read
 *   PERMISSION_DENIED, HOST_LOCKED, RECOVERY_NEEDED, TOOL_MISSING, JOURNAL_FAILED; if a libvirt is named NO_LIBVIRT,
 *   TOOL_FAILED
 */
export async function listRoms(
  session: HostSession,
  words: readonly string[] = [],
  { read: reads = false, allow = [], signal }: RomsOptions = {},
): Promise<ListedRoms> {
  const allowed = romAllowedOf(allow, false);
  if (reads) refuseCapturedRom(session);
  const selectors = parseSelectors(words);
  const { host, names } = session;
  const fields = new Set([...ROM_FIELDS, ...selectors.flatMap((selector) => selector.fields)]);
  const inventory = readInventory(host, names, [...fields]);
  const selected = selectDevices(inventory.devices, selectors);
  const withRom = selected.flatMap((device): WithRom[] => {
    const rom = knownValue(device.rom);
    return rom === undefined ? [] : [{ device, rom }];
  });
  const { offers, libvirt } = await offersOf(session);
  const offersFor = ({ address }: PciDevice): readonly RomOffer[] | Unknown =>
    offers === null ? UNREAD : (offers.get(address) ?? []);
  const roms = reads
    ? await readingRoms(session, allowed, signal, async (read) => {
        const listed: ListedRom[] = [];
        for (const each of withRom) {
          listed.push({
            ...each,
            ...toListed(each, await read(each.device)),
            offers: offersFor(each.device),
          });
        }
        return listed;
      })
    : withRom.map((each): ListedRom => {
        const findings = findRomSafety(host, inventory.devices, each.device.address);
        return { ...each, ...unread(findings, allowed), offers: offersFor(each.device) };
      });
  const suggestion = suggestionFor(selectors, selected, inventory.devices);
  return { inventory, origin: host.label, selected, suggestion, roms, libvirt };
}

type Looked = Pick<ListedRom, 'reading' | 'problem' | 'contents' | 'verdicts'>;

const NOTHING_READ = { problem: null, contents: null, verdicts: [] } as const;

/** The known result without reading: a use of the device. A fact that only root can read is no reason. */
function unread(findings: readonly Finding[], allowed: ReadonlySet<string>): Looked {
  const refusals = refusalsAmong(findings, allowed).filter(({ severity }) => severity !== 'unknown');
  return refusals.length === 0 ? { ...NOTHING_READ, reading: 'untried' } : refused(refusals);
}

function refused(refusals: readonly Finding[]): Looked {
  const problem = refusals.map(({ message, name }) => `${message} (${name})`).join('; ');
  return { ...NOTHING_READ, reading: 'refused', problem };
}

function toListed({ device, rom }: WithRom, attempt: RomAttempt): Looked {
  if (attempt.kind === 'refused') return refused(attempt.refusals);
  if (attempt.kind === 'failed') {
    const why = attempt.why === null ? '' : `: ${attempt.why}`;
    const problem = `cannot be read: ${failureText(attempt.failure, rom.isShadow)}${why}`;
    return { ...NOTHING_READ, reading: 'failed', problem };
  }
  const contents = parseOptionRom(attempt.bytes);
  const verdicts = judgeRom(contents, { device: romDeviceOf(device), isShadow: rom.isShadow });
  return { reading: 'read', problem: null, contents, verdicts };
}

interface Offers extends Pick<ListedRoms, 'libvirt'> {
  /** `null` without a libvirt. */
  readonly offers: ReadonlyMap<PciAddress, readonly RomOffer[]> | null;
}

/** The ROM settings of VMs: from the named libvirt; otherwise from that of this machine, if it answers. */
async function offersOf(session: HostSession): Promise<Offers> {
  const isNamed = session.options.connect !== undefined;
  if (session.isCaptured && !isNamed) return { offers: null, libvirt: null };
  try {
    const { machines, diagnostics } = await readMachines(virshOf(session), 'look');
    return { offers: romOffers(machines), libvirt: { diagnostics } };
  } catch (error) {
    if (isNamed || !(error instanceof PortalGunError)) throw error;
    return { offers: null, libvirt: error };
  }
}
