import { formatSize } from '../../base/text.ts';
import type { Filling, OptionRom } from './option-rom.ts';
import type { OptionRomImage } from './option-rom-image.ts';

/**
 * - `ok`: as it should be.
 * - `warns`: it works, but not everywhere.
 * - `bad`: it is damaged, or for something else: a guest may not boot with it.
 */
export type RomVerdictLevel = 'ok' | 'warns' | 'bad';

/** A verdict on an option ROM. */
export interface RomVerdict {
  readonly level: RomVerdictLevel;
  /** Stable name: `checksum`, `no-efi`. */
  readonly code: string;
  /** A clause about the ROM. Nothing of it is text that the ROM holds. */
  readonly message: string;
}

/** The facts of a function that decide whether a ROM is for it; `null` if unknown. */
export interface RomDevice {
  readonly vendorId: string | null;
  readonly deviceId: string | null;
  /** Six digits. */
  readonly classCode: string | null;
}

/** The facts that a ROM is checked against, besides its own contents. */
export interface RomOrigin {
  /** The function that it is of, or meant for; `null` where it is of none. */
  readonly device: RomDevice | null;
  /** Whether it is the copy of a ROM that the firmware left in memory, and was not read from the card. */
  readonly isShadow: boolean;
}

const DISPLAY = /^(03|0001)/;

/** The verdicts on an option ROM: first its errors, then the guests that it supports. Pure, and bounded. */
export function judgeRom(rom: OptionRom, origin: RomOrigin): readonly RomVerdict[] {
  const { device, isShadow } = origin;
  const shadow = isShadow ? [SHADOW] : [];
  if (rom.startsAt === null) return [...shadow, noImage(rom)];
  return [
    ...shadow,
    ...placeVerdicts(rom),
    ...rom.images.flatMap((image, index) => imageVerdicts(image, index + 1)),
    ...endVerdicts(rom),
    ...(device === null ? [] : matchVerdicts(rom, device)),
    ...guestVerdicts(rom, device),
  ];
}

/** Whether nothing of it is damaged, and nothing says that it is for another device. */
export function isSound(verdicts: readonly RomVerdict[]): boolean {
  return verdicts.every(({ level }) => level !== 'bad');
}

const ok = (code: string, message: string): RomVerdict => ({ level: 'ok', code, message });
const warns = (code: string, message: string): RomVerdict => ({ level: 'warns', code, message });
const bad = (code: string, message: string): RomVerdict => ({ level: 'bad', code, message });

const SHADOW = warns(
  'shadow',
  "is the copy that the firmware left at 0xc0000 for the boot display, not the card's own: its code has run, and changed itself since. A guest may show nothing with it; read the card's own while another card is the boot display",
);

const CONTENTS: Record<Filling, string> = {
  ones: 'is all ones: nothing answered the read, or the chip is empty',
  zeros: 'is all zeros: nothing is written in it, or its memory was cleared',
  other: 'is no option ROM: no image in it begins with 55 aa',
};

function noImage({ sizeBytes, before }: OptionRom): RomVerdict {
  if (sizeBytes === 0) return bad('empty', 'is empty');
  const filling = before ?? 'other';
  const code = { ones: 'all-ones', zeros: 'all-zeros', other: 'no-image' }[filling];
  return bad(code, CONTENTS[filling]);
}

function placeVerdicts({ startsAt }: OptionRom): readonly RomVerdict[] {
  if (startsAt === null || startsAt === 0) return [];
  const message = `begins with ${startsAt} bytes that are no part of it, as files of flash tools do: a guest finds nothing in it. Cut them off: tail -c +${startsAt + 1} FILE`;
  return [bad('leading-bytes', message)];
}

function imageVerdicts(image: OptionRomImage, number: number): readonly RomVerdict[] {
  const name = `image ${number}`;
  const { pcir, legacy, efi } = image;
  const verdicts: RomVerdict[] = [];
  if (pcir === null) {
    verdicts.push(
      warns('no-pcir', `${name} has no PCI data structure: it is for ISA, or its pointer is damaged`),
    );
  }
  if (image.isCut || legacy?.checksum === 'cut') {
    verdicts.push(bad('truncated', `${name} is cut off: it is longer than what is there`));
  }
  if (legacy?.checksum === 'wrong') {
    verdicts.push(bad('checksum', `the checksum of ${name} is wrong: a BIOS does not run it`));
  }
  if (efi?.hasSignature === false) {
    verdicts.push(bad('efi-header', `${name} is said to be for UEFI, and has not its signature`));
  }
  if (efi?.hasProgram === false) {
    verdicts.push(bad('efi-program', `where ${name} says that its program is, is none`));
  }
  return verdicts;
}

function endVerdicts({ ending, behind }: OptionRom): readonly RomVerdict[] {
  switch (ending) {
    case 'no-length':
      return [bad('no-length', 'has an image that does not say how long it is')];
    case 'no-signature':
      return [
        warns('no-last-mark', 'has no image that says it is the last, and what follows the last is none'),
      ];
    case 'end':
      return [warns('no-last-mark', 'has no image that says it is the last: it may be cut off between two')];
    case 'too-many':
      return [bad('too-many', 'has more images than any real one: it is no option ROM, or damaged')];
    default:
      return behind?.filling === 'other'
        ? [
            ok(
              'more-behind',
              `has ${formatSize(behind.sizeBytes)} behind its last image, which firmware skips`,
            ),
          ]
        : [];
  }
}

function matchVerdicts({ images }: OptionRom, device: RomDevice): readonly RomVerdict[] {
  const { vendorId, deviceId } = device;
  const told = images.filter(({ pcir }) => pcir !== null);
  if (told.length === 0) return [warns('device-unknown', 'does not say which device it is for')];
  if (vendorId === null || deviceId === null) {
    return [warns('device-unknown', 'may be for this device or not: the ids of the device are not known')];
  }
  const matching = told.filter((image) => isFor(image, vendorId, deviceId));
  const id = `${vendorId}:${deviceId}`;
  if (matching.length === told.length) return [ok('matches', `is for this device, ${id}`)];
  if (matching.length > 0) {
    const others = told.filter((image) => !matching.includes(image));
    const numbers = others.map((image) => `image ${images.indexOf(image) + 1} for ${idsOf(image)}`);
    return [warns('matches-in-part', `is for this device, ${id}, in part: ${numbers.join(', ')}`)];
  }
  const ids = [...new Set(told.map(idsOf))];
  if (ids.every((each) => NO_IDS.includes(each))) {
    return [warns('device-unknown', `does not say which device it is for: its ids are ${ids.join(', ')}`)];
  }
  const message = `is for ${ids.join(', ')}, and this device is ${id}`;
  const kin = told.filter(({ pcir }) => pcir?.vendorId === vendorId);
  if (kin.some(({ kind }) => kind === 'efi')) {
    return [
      warns('other-device-id', `${message}: OVMF runs its image for UEFI all the same, a BIOS does not`),
    ];
  }
  // Firmware of integrated graphics has the id of a whole family, and QEMU writes that of the device in its place.
  if (kin.length > 0 && vendorId === INTEL && DISPLAY.test(device.classCode ?? '')) {
    return [warns('other-device-id', `${message}: a BIOS runs it only if QEMU reads it from the card`)];
  }
  return [bad('other-device', message)];
}

const INTEL = '8086';
const NO_IDS: readonly string[] = ['0000:0000', 'ffff:ffff'];
/** With it an image is for every device of its maker. */
const ANY_DEVICE = 'ffff';

function idsOf({ pcir }: OptionRomImage): string {
  return `${pcir?.vendorId}:${pcir?.deviceId}`;
}

/** Whether an image says that it is for a device, by its ids or in its list of others, or that it is for all of their maker. */
export function isFor({ pcir }: OptionRomImage, vendorId: string, deviceId: string): boolean {
  if (pcir === null || pcir.vendorId !== vendorId) return false;
  const ids = [pcir.deviceId, ...(pcir.deviceIds ?? [])];
  return ids.includes(deviceId) || ids.includes(ANY_DEVICE);
}

function guestVerdicts({ images }: OptionRom, device: RomDevice | null): readonly RomVerdict[] {
  const ofDevice = device?.classCode ?? images.find(({ pcir }) => pcir !== null)?.pcir?.classCode ?? '';
  const loses = DISPLAY.test(ofDevice)
    ? "shows no picture before the guest's driver has loaded"
    : 'can not boot from the device';
  const efis = images.filter(({ kind }) => kind === 'efi');
  const machines = [...new Set(efis.map(({ efi }) => efi?.machine ?? '?'))];
  const verdicts: RomVerdict[] = [];
  if (machines.includes('x64')) verdicts.push(ok('efi', 'has an image for UEFI on x86-64 (OVMF)'));
  else if (efis.length > 0) {
    verdicts.push(
      warns('efi-machine', `has images for UEFI on ${machines.join(', ')} alone: OVMF on x86-64 ${loses}`),
    );
  } else verdicts.push(warns('no-efi', `has no image for UEFI: a guest with OVMF ${loses}`));
  if (images.some(({ kind }) => kind === 'legacy'))
    verdicts.push(ok('legacy', 'has an image for a BIOS (SeaBIOS)'));
  else verdicts.push(warns('no-legacy', `has no image for a BIOS: a guest with SeaBIOS ${loses}`));
  return verdicts;
}
