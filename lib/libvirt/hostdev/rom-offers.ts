import type { PciAddress } from '../../pci/address.ts';
import { type KnownMachine, mainDocument } from '../machine/read-machines.ts';
import type { RomSetting } from './host-device.ts';

/** What a machine that is given a device gets of its ROM. */
export interface RomOffer {
  /** The machine, by its name: text of any kind. */
  readonly machine: string;
  /** `on`: what the device has; `off`: nothing; `file`: what is in a file. */
  readonly rom: 'on' | 'off' | 'file';
  /** The file, a path of the host. */
  readonly file: string | null;
}

/** What machines get of the ROMs of the devices that they are given, by what their definitions say at their next start. */
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

/** QEMU shows the ROM of a device to the guest where nothing else is said (`rombar`). */
function offerOf(rom: RomSetting | null): Omit<RomOffer, 'machine'> {
  if (rom?.isEnabled === false || rom?.hasBar === false) return { rom: 'off', file: null };
  if (rom?.file != null) return { rom: 'file', file: rom.file };
  return { rom: 'on', file: null };
}
