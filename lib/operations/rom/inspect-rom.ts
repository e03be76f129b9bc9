import { PortalGunError } from '../../base/errors.ts';
import type { DeviceField, DeviceWith } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { selectOne } from '../../pci/selector/selector.ts';
import { parseSelector } from '../../pci/selector/selector-parser.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import type { HostSession } from '../session/host-session.ts';
import { demandRom, type InspectedRom, meantBy, romOfDevice, romOfFile } from './inspected-rom.ts';
import {
  ROM_FIELDS,
  type RomReadingOptions,
  readingRoms,
  refuseCapturedRom,
  romAllowedOf,
} from './read-roms.ts';

/** A ROM in a file. */
export interface RomFile {
  readonly bytes: Uint8Array;
  /** The name of the file in messages. */
  readonly path: string;
  /** A selector of the device to check it for; without it, the matching devices of the host are searched. */
  readonly for?: string | undefined;
}

/** The contents of a ROM, and whether it is valid. */
export interface RomInspection {
  readonly inspected: InspectedRom;
  /** `null` if no host was read. */
  readonly inventory: Inventory<DeviceWith<never>> | null;
}

/**
 * Reads the ROM of a device of this machine and parses it.
 *
 * @param word an address, or any selector that means one device
 * @throws PortalGunError BAD_ARGUMENT, BAD_SELECTOR, DEVICE_NOT_FOUND, AMBIGUOUS_DEVICE, NO_ROM, ROM_UNREADABLE,
 * DEVICE_IN_USE,
 *   PERMISSION_DENIED, HOST_LOCKED, RECOVERY_NEEDED, TOOL_MISSING, JOURNAL_FAILED
 */
export async function inspectRom(
  session: HostSession,
  word: string,
  { allow = [], signal }: RomReadingOptions = {},
): Promise<RomInspection> {
  const allowed = romAllowedOf(allow, false);
  refuseCapturedRom(session);
  const inventory = inventoryFor(session, word);
  const device = selectOne(inventory.devices, word);
  const register = demandRom(device);
  const attempt = await readingRoms(session, allowed, signal, (read) => read(device));
  return { inspected: romOfDevice(device, register, attempt), inventory };
}

/**
 * Parses a ROM in a file.
 *
 * @throws PortalGunError BAD_SELECTOR, DEVICE_NOT_FOUND, AMBIGUOUS_DEVICE, and the errors of opening the host
 */
export function inspectRomFile(session: HostSession, { bytes, path, for: target }: RomFile): RomInspection {
  if (target !== undefined) {
    const inventory = inventoryFor(session, target);
    return { inspected: romOfFile(path, bytes, selectOne(inventory.devices, target)), inventory };
  }
  const inspected = romOfFile(path, bytes, null);
  const inventory = inventoryWhereThere(session);
  if (inventory === null) return { inspected, inventory };
  return { inspected: { ...inspected, meant: meantBy(inspected.rom, inventory.devices) }, inventory };
}

function inventoryFor({ host, names }: HostSession, word: string): Inventory {
  const fields = new Set<DeviceField>([...ROM_FIELDS, 'sriov', ...parseSelector(word).fields]);
  return readInventory(host, names, [...fields]);
}

/** A file can be inspected without a visible PCI bus. */
function inventoryWhereThere({
  host,
  names,
  isCaptured,
}: HostSession): Inventory<DeviceWith<'vendor' | 'device'>> | null {
  try {
    return readInventory(host, names, ['vendor', 'device']);
  } catch (error) {
    if (isCaptured || !(error instanceof PortalGunError) || error.code !== 'NO_PCI') throw error;
    return null;
  }
}
