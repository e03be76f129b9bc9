import { isUnknown, knownValue } from '../../base/known.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { PassthroughNote } from '../../pci/group/passthrough.ts';
import type { RomSetting } from './host-device.ts';

/** The requested option ROM: by the type of the device and its VM, as given, or from a file. */
export type RomWish = 'auto' | 'on' | 'off' | { readonly file: string };

/** The setting of an option ROM for a guest, and the reason. */
export interface RomDecision {
  readonly rom: RomSetting | null;
  readonly notes: readonly PassthroughNote[];
}

/** The other facts for the decision. */
export interface RomOccasion {
  /** The category of the VMs that get it; `null` if unknown. */
  readonly category: string | null;
  readonly bootOrder: number | null;
}

const NOTHING_SAID: RomDecision = { rom: null, notes: [] };

/**
 * Decides the option ROM setting of a device for a guest.
 *
 * `auto` is `off` for a network card, because its ROM is needed only to boot the guest over the network: in a router
 * the firmware would wait for that at each start. It is on for a VM of another known category, and for all other
 * devices. The copy of the boot display's ROM does not work in a guest: it needs a file, which the user must provide.
 */
export function decideRom(
  device: DeviceWith<'class' | 'sriov' | 'rom'>,
  wish: RomWish,
  occasion: RomOccasion,
): RomDecision {
  if (typeof wish === 'object') return { rom: setting(null, wish.file), notes: [] };
  if (wish !== 'auto') return { rom: setting(wish === 'on'), notes: [] };
  const { rom, sriov, class: deviceClass, address } = device;
  // A VF has no ROM, whatever its PF has.
  if (rom === null || knownValue(sriov)?.role === 'vf') return NOTHING_SAID;
  if (knownValue(rom)?.isShadow === true) return { rom: null, notes: [shadowNote(address)] };
  if (knownValue(rom)?.sizeBytes === 0) return NOTHING_SAID;
  const isNetwork = knownValue(deviceClass)?.code.startsWith('02') === true;
  if (!isNetwork) return isUnknown(rom) ? NOTHING_SAID : shown('its firmware may start the device with it');
  if (occasion.bootOrder !== null) return shown('the guest boots from it');
  const { category } = occasion;
  if (category === 'router') {
    return hidden('a router boots from its disk, and would wait for the network at each start (PXE)');
  }
  if (category === null) {
    return hidden('it is only needed to boot over the network, and it slows the firmware of the guest');
  }
  return shown(`a VM of type ${category} may boot over the network with it`);
}

function setting(hasBar: boolean | null, file: string | null = null): RomSetting {
  return { isEnabled: null, hasBar, file };
}

function shown(why: string): RomDecision {
  const message = `its ROM is shown to the guest: ${why}; --rom off hides it`;
  return { rom: null, notes: [{ level: 'ok', code: 'rom-on', message }] };
}

function hidden(why: string): RomDecision {
  const message = `its ROM is hidden from the guest (rom bar='off'): ${why}; --rom on shows it`;
  return { rom: setting(false), notes: [{ level: 'ok', code: 'rom-off', message }] };
}

function shadowNote(address: string): PassthroughNote {
  const message = `its ROM cannot be read while it is the boot display: the guest gets the copy of the firmware, if any, and may show no picture. Make another card the boot display, run sudo pci rom dump ${address} -o card.rom, and then use --rom card.rom`;
  return { level: 'needs', code: 'rom-file', message };
}
