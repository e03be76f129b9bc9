import { knownValue } from '../../base/known.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { PciAddress } from '../../pci/address.ts';
import { busEntryPath } from '../paths.ts';
import { readFunction } from './read-inventory.ts';

/**
 * Why a function may have given nothing of its ROM, as the kernel's `EIO` does not tell; `null` where nothing is known to
 * speak against it. The kernel gives EIO where it finds no image: nothing answers at the address of the ROM, or what
 * answers is none (drivers/pci/rom.c).
 */
export function whyRomIsSilent(host: HostReader, address: PciAddress): string | null {
  const now = readFunction(host, address, ['powerState', 'config']);
  const path = busEntryPath(address);
  const power = knownValue(now?.powerState ?? null);
  if (power !== undefined && /^D[123]/.test(power)) {
    return `it sleeps (${power}), and its memory does not answer: echo on > ${path}/power/control`;
  }
  if (knownValue(now?.config ?? null)?.memoryEnabled !== false) return null;
  return `its memory is switched off, as of a device that no driver has set up: echo 1 > ${path}/enable`;
}
