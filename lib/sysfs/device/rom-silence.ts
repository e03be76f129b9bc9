import { knownValue } from '../../base/known.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { PciAddress } from '../../pci/address.ts';
import { busEntryPath } from '../paths.ts';
import { readFunction } from './read-inventory.ts';

/**
 * Why a function may have returned no ROM, because the kernel's `EIO` does not give a reason; `null` if no reason is
 * known. The kernel returns EIO if it finds no image: nothing answers at the address of the ROM, or the data is not
 * an image (drivers/pci/rom.c).
 */
export function whyRomIsSilent(host: HostReader, address: PciAddress): string | null {
  const now = readFunction(host, address, ['powerState', 'config']);
  const path = busEntryPath(address);
  const power = knownValue(now?.powerState ?? null);
  if (power !== undefined && /^D[123]/.test(power)) {
    return `it sleeps (${power}), and its memory does not answer: echo on > ${path}/power/control`;
  }
  if (knownValue(now?.config ?? null)?.memoryEnabled !== false) return null;
  return `its memory is disabled, because no driver has set the device up: echo 1 > ${path}/enable`;
}
