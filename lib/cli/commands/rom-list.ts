import { findRomSafety } from '../../apply/safety-reading.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { isUnknown, knownValue, UNREAD, type Unknown } from '../../base/known.ts';
import { escapeControls } from '../../base/text.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import type { HostReader } from '../../host/host-reader.ts';
import { type RomOffer, romOffers } from '../../libvirt/hostdev/rom-offers.ts';
import { readMachines } from '../../libvirt/machine/read-machines.ts';
import { virshOf } from '../../operations/session/libvirt-connection.ts';
import type { PciAddress } from '../../pci/address.ts';
import type { ExpansionRom } from '../../pci/config/bar.ts';
import type { PciDevice } from '../../pci/device.ts';
import { parseOptionRom } from '../../pci/rom/option-rom.ts';
import { judgeRom } from '../../pci/rom/option-rom-verdicts.ts';
import { selectDevices } from '../../pci/selector/selector.ts';
import { parseSelectors } from '../../pci/selector/selector-parser.ts';
import { formatDocument } from '../../render/documents.ts';
import { type ListedRom, renderRoms, romListDocument, romRemarks } from '../../render/rom/rom-list.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import type { CommandResult } from '../grammar/command.ts';
import { machineRemarks } from '../machine-remarks.ts';
import type { ReadingValues } from '../reading-options.ts';
import { emptyRemark, hostOf, namesOf, remarks, sessionOf } from '../reading-options.ts';
import {
  failureText,
  interruptedResult,
  ROM_FIELDS,
  type RomAttempt,
  readingRoms,
  refuseCapturedRom,
  romAllowedOf,
  romDeviceOf,
} from '../rom-reading.ts';
import type { ChangingValues } from '../tables/changing-options.ts';
import type { LibvirtValues } from '../tables/libvirt-options.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface RomListValues extends Pick<ChangingValues, 'allow'>, Pick<LibvirtValues, 'connect'>, ReadingValues {
  readonly selectors: readonly string[];
  readonly read: boolean;
}

/** A device that has an option ROM. */
interface WithRom {
  readonly device: PciDevice;
  readonly rom: ExpansionRom;
}

/** `pci rom list`: the devices that have an option ROM, a row each. */
export async function runRomList(
  args: RomListValues,
  { width, style }: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const reads = args.read;
  const allowed = romAllowedOf(args, false);
  if (reads) refuseCapturedRom(args);
  const selectors = parseSelectors(args.selectors);
  const host = hostOf(args);
  const names = namesOf(args);
  const fields = new Set([...ROM_FIELDS, ...selectors.flatMap((selector) => selector.fields)]);
  const inventory = readInventory(host, names, [...fields]);
  const selected = selectDevices(inventory.devices, selectors);
  const withRom = selected.flatMap((device): WithRom[] => {
    const rom = knownValue(device.rom);
    return rom === undefined ? [] : [{ device, rom }];
  });
  const machines = await offersOf(args);
  const offersFor = ({ address }: PciDevice): readonly RomOffer[] | Unknown =>
    machines.offers === null ? UNREAD : (machines.offers.get(address) ?? []);
  const { result: listed, signal } = reads
    ? await readingRoms(dialogue, allowed, async (read) => {
        const roms: ListedRom[] = [];
        for (const each of withRom) {
          roms.push({ ...each, ...toListed(each, await read(each.device)), offers: offersFor(each.device) });
        }
        return roms;
      })
    : {
        result: withRom.map((each): ListedRom => {
          const findings = findRomSafety(host, inventory.devices, each.device.address);
          return { ...each, ...unread(findings, allowed), offers: offersFor(each.device) };
        }),
        signal: null,
      };
  if (signal !== null) return interruptedResult(signal);
  const isCaptured = args.host !== undefined;
  const stderr = [
    remarks(args, names, host, inventory.diagnostics),
    listed.length > 0 ? machines.remarks : (noneRemark(selected) ?? emptyRemark(inventory, selectors)),
    args.json ? '' : isCaptured ? capturedRemark(host, listed) : romRemarks(listed),
  ].join('');
  const stdout = args.json
    ? formatDocument(romListDocument(inventory, listed))
    : renderRoms(listed, width, style);
  return { exitCode: EXIT.ok, stdout, stderr };
}

type Looked = Pick<ListedRom, 'reading' | 'problem' | 'contents' | 'verdicts'>;

const NOTHING_READ = { problem: null, contents: null, verdicts: [] } as const;

/** What is known without reading: that somebody is in the way. What may be read by root alone is no reason. */
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
    const problem = `is not read: ${failureText(attempt.failure, rom.isShadow)}${why}`;
    return { ...NOTHING_READ, reading: 'failed', problem };
  }
  const contents = parseOptionRom(attempt.bytes);
  const verdicts = judgeRom(contents, { device: romDeviceOf(device), isShadow: rom.isShadow });
  return { reading: 'read', problem: null, contents, verdicts };
}

interface Offers {
  /** `null` where no libvirt tells. */
  readonly offers: ReadonlyMap<PciAddress, readonly RomOffer[]> | null;
  readonly remarks: string;
}

/** What machines get: of the libvirt that is named; else of this machine's, where one answers. */
async function offersOf(args: RomListValues): Promise<Offers> {
  const isNamed = args.connect !== undefined;
  if (args.host !== undefined && !isNamed) return { offers: null, remarks: '' };
  try {
    const { machines, diagnostics } = await readMachines(virshOf(sessionOf(args)), 'look');
    return {
      offers: romOffers(machines),
      remarks: machineRemarks(args, sessionOf(args), diagnostics, 'pci'),
    };
  } catch (error) {
    if (isNamed || !(error instanceof PortalGunError)) throw error;
    const why = escapeControls(`${error.subject ?? 'libvirt'}: ${error.message}`);
    // As data it is said of each.
    const isData = args.json;
    return { offers: null, remarks: isData ? '' : `pci: what machines get is not known: ${why}\n` };
  }
}

function noneRemark(selected: readonly PciDevice[]): string | null {
  return selected.length === 0 ? null : 'pci: none of these devices has an option ROM\n';
}

function capturedRemark(host: HostReader, listed: readonly ListedRom[]): string {
  if (listed.length === 0) return '';
  const what = listed.some(({ offers }) => isUnknown(offers))
    ? 'what is in ROMs, and what machines get of them, is'
    : 'what is in ROMs is';
  return `pci: ${escapeControls(host.label)}: ${what} not in a captured host\n`;
}
