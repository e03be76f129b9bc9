import { type HostReader, isFailure } from '../host/host-reader.ts';
import type { PciAddress } from '../pci/address.ts';
import { busEntryPath } from './paths.ts';

const COMMAND = 4;
const MEMORY_SPACE = 0x2;

/**
 * Why a function may have given nothing of its ROM, as the kernel's `EIO` does not tell; `null` where nothing is known to
 * speak against it. The kernel gives EIO where it finds no image: nothing answers at the address of the ROM, or what
 * answers is none (drivers/pci/rom.c).
 */
export function whyRomIsSilent(host: HostReader, address: PciAddress): string | null {
  const path = busEntryPath(address);
  const power = host.readText(`${path}/power_state`);
  if (typeof power === 'string' && /^D[123]/.test(power)) {
    return `it sleeps (${power.trim()}), and its memory does not answer: echo on > ${path}/power/control`;
  }
  const config = host.readBytes(`${path}/config`);
  if (config === null || isFailure(config)) return null;
  if (((config[COMMAND] ?? MEMORY_SPACE) & MEMORY_SPACE) !== 0) return null;
  return `its memory is switched off, as of a device that no driver has set up: echo 1 > ${path}/enable`;
}
