import { EXIT, PortalGunError } from '../../base/errors.ts';
import { isFile } from '../../host/file/files.ts';
import { readInputFile } from '../../host/file/input-file.ts';
import { parsePciAddress } from '../../pci/address.ts';
import type { DeviceField, DeviceWith } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { MAX_ROM_BYTES } from '../../pci/rom/option-rom.ts';
import { isSound } from '../../pci/rom/option-rom-verdicts.ts';
import { selectOne } from '../../pci/selector/selector.ts';
import { parseSelector } from '../../pci/selector/selector-parser.ts';
import { formatDocument } from '../../render/documents.ts';
import { type InspectedRom, renderRom, romDocument } from '../../render/rom/rom-text.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import type { CommandResult } from '../grammar/command.ts';
import { demandRom, meantBy, romOfDevice, romOfFile } from '../inspected-rom.ts';
import type { ReadingValues } from '../reading-options.ts';
import { hostOf, namesOf, remarks } from '../reading-options.ts';
import {
  interruptedResult,
  ROM_FIELDS,
  readingRoms,
  refuseCapturedRom,
  romAllowedOf,
} from '../rom-reading.ts';
import type { ChangingValues } from '../tables/changing-options.ts';
import type { Dialogue, EndingSignal } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface RomInspectValues extends Pick<ChangingValues, 'allow'>, ReadingValues {
  readonly rom: string;
  readonly for: string | undefined;
}

interface Inspection {
  readonly inspected: InspectedRom;
  /** `null` where no host was read. */
  readonly inventory: Inventory<DeviceWith<never>> | null;
}

/** `pci rom inspect`: what is in an option ROM, and whether it is sound. */
export async function runRomInspect(
  args: RomInspectValues,
  { width, style }: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const word = args.rom;
  const inspection = namesFile(word) ? inspectFile(args, word) : await inspectDevice(args, word, dialogue);
  if (typeof inspection === 'string') return interruptedResult(inspection);
  const { inspected, inventory } = inspection;
  const label = inventory?.host.label;
  const stderr = label === undefined ? '' : remarks(args, namesOf(args), { label }, []);
  const stdout = args.json
    ? formatDocument(romDocument(inventory?.host ?? null, inspected))
    : renderRom(inspected, width, style);
  return { exitCode: isSound(inspected.verdicts) ? EXIT.ok : EXIT.findings, stdout, stderr };
}

/** Whether a word means a file: an address never does, whatever lies about. */
function namesFile(word: string): boolean {
  if (parsePciAddress(word) !== undefined) return false;
  return word.includes('/') || /\.(rom|bin)$/i.test(word) || isFile(word);
}

function inspectFile(args: RomInspectValues, path: string): Inspection {
  if (args.allow.length > 0) {
    throw new PortalGunError('BAD_ARGUMENT', 'is for a device: a file is read whoever has the device', {
      subject: '--allow',
    });
  }
  const bytes = readInputFile(path, MAX_ROM_BYTES, 'BAD_ARGUMENT');
  const target = args.for;
  if (target !== undefined) {
    const inventory = inventoryFor(args, target);
    const device = selectOne(inventory.devices, target);
    return { inspected: romOfFile(path, bytes, device), inventory };
  }
  const inspected = romOfFile(path, bytes, null);
  const inventory = inventoryWhereThere(args);
  if (inventory === null) return { inspected, inventory };
  return { inspected: { ...inspected, meant: meantBy(inspected.rom, inventory.devices) }, inventory };
}

async function inspectDevice(
  args: RomInspectValues,
  word: string,
  dialogue: Dialogue,
): Promise<Inspection | EndingSignal> {
  const allowed = romAllowedOf(args, false);
  if (args.for !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'is for a file: the ROM of a device is judged for that', {
      subject: '--for',
    });
  }
  refuseCapturedRom(args);
  const inventory = inventoryFor(args, word);
  const device = selectOne(inventory.devices, word);
  const register = demandRom(device);
  const { result: attempt, signal } = await readingRoms(dialogue, allowed, (read) => read(device));
  if (signal !== null) return signal;
  return { inspected: romOfDevice(device, register, attempt), inventory };
}

function inventoryFor(args: RomInspectValues, word: string): Inventory {
  const fields = new Set<DeviceField>([...ROM_FIELDS, 'sriov', ...parseSelector(word).fields]);
  return readInventory(hostOf(args), namesOf(args), [...fields]);
}

/** A file is inspected also where there is no PCI bus to see. */
function inventoryWhereThere(args: RomInspectValues): Inventory<DeviceWith<'vendor' | 'device'>> | null {
  try {
    return readInventory(hostOf(args), namesOf(args), ['vendor', 'device']);
  } catch (error) {
    const isNamed = args.host !== undefined;
    if (isNamed || !(error instanceof PortalGunError) || error.code !== 'NO_PCI') throw error;
    return null;
  }
}
