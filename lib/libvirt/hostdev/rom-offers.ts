import type { PciAddress } from '../../pci/address.ts';
import { type KnownMachine, mainDocument } from '../machine/read-machines.ts';
import type { RomSetting } from './host-device.ts';

/** The ROM of a device in a VM. */
export interface RomOffer {
  /** The name of the VM: any text. */
  readonly machine: string;
  /** `on`: the ROM of the device; `off`: none; `file`: the contents of a file. */
  readonly rom: 'on' | 'off' | 'file';
  /** The file, a path of the host. */
  readonly file: string | null;
}

/** The ROM settings of VMs for their devices, by their definitions for the next start. */
export function romOffers(machines: readonly KnownMachine[]): ReadonlyMap<PciAddress, readonly RomOffer[]> {
  const offers = new Map<PciAddress, RomOffer[]>();
  for (const machine of machines) {
    for (const { device } of mainDocument(machine).machine.devices) {
      if (device.kind !== 'hostdev' && device.kind !== 'interface') continue;
      const offer = { machine: machine.name, ...offerOf(device.rom) };
      const there = offers.get(device.address);
      if (there === undefined) offers.set(device.address, [offer]);
      else there.push(offer);
    }
  }
  return offers;
}

/** By default, QEMU shows the ROM of a device to the guest (`rombar`). */
function offerOf(rom: RomSetting | null): Omit<RomOffer, 'machine'> {
  if (rom?.isEnabled === false || rom?.hasBar === false) return { rom: 'off', file: null };
  if (rom?.file != null) return { rom: 'file', file: rom.file };
  return { rom: 'on', file: null };
}
