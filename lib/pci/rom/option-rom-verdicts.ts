import { formatSize } from '../../base/text.ts';
import type { Filling, OptionRom } from './option-rom.ts';
import type { OptionRomImage } from './option-rom-image.ts';

/**
 * - `ok`: correct.
 * - `warns`: it works, but not everywhere.
 * - `bad`: it is damaged, or for another device: a guest may not boot with it.
 */
export type RomVerdictLevel = 'ok' | 'warns' | 'bad';

/** A verdict on an option ROM. */
export interface RomVerdict {
  readonly level: RomVerdictLevel;
  /** Stable name: `checksum`, `no-efi`. */
  readonly code: string;
  /** A clause about the ROM. It contains no text from the ROM. */
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
  /** The function of the ROM; `null` for none. */
  readonly device: RomDevice | null;
  /** Whether it is the copy that the firmware left in memory, and was not read from the card. */
  readonly isShadow: boolean;
}

const DISPLAY = /^(03|0001)/;

/** The verdicts on an option ROM: first its errors, then the guests that it supports. Pure and bounded. */
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

/** Whether it is undamaged, and not for another device. */
export function isSound(verdicts: readonly RomVerdict[]): boolean {
  return verdicts.every(({ level }) => level !== 'bad');
}

const ok = (code: string, message: string): RomVerdict => ({ level: 'ok', code, message });
const warns = (code: string, message: string): RomVerdict => ({ level: 'warns', code, message });
const bad = (code: string, message: string): RomVerdict => ({ level: 'bad', code, message });

const SHADOW = warns(
  'shadow',
  'is the copy that the firmware left at 0xc0000 for the boot display, not the ROM of the card: its code has run and has changed itself. A guest may show no picture with it. Read the ROM while another card is the boot display',
);

const CONTENTS: Record<Filling, string> = {
  ones: 'is all ones: the device did not answer the read, or the chip is empty',
  zeros: 'is all zeros: the chip is empty, or its memory was cleared',
  other: 'is not an option ROM: no image in it begins with 55 aa',
};

function noImage({ sizeBytes, before }: OptionRom): RomVerdict {
  if (sizeBytes === 0) return bad('empty', 'is empty');
  const filling = before ?? 'other';
  const code = { ones: 'all-ones', zeros: 'all-zeros', other: 'no-image' }[filling];
  return bad(code, CONTENTS[filling]);
}

function placeVerdicts({ startsAt }: OptionRom): readonly RomVerdict[] {
  if (startsAt === null || startsAt === 0) return [];
  const message = `begins with ${startsAt} bytes that do not belong to it, like files of flash tools: a guest finds no image in it. Remove them: tail -c +${startsAt + 1} FILE`;
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
    verdicts.push(bad('truncated', `${name} is incomplete: its header gives a larger size than the data`));
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
      return [bad('no-length', 'has an image without a size')];
    case 'no-signature':
      return [
        warns(
          'no-last-mark',
          'has no image that is marked as the last, and the data after the last image is not an image',
        ),
      ];
    case 'end':
      return [
        warns('no-last-mark', 'has no image that is marked as the last: images at its end may be missing'),
      ];
    case 'too-many':
      return [
        bad('too-many', 'has more images than any real option ROM: it is not an option ROM, or is damaged'),
      ];
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
  if (told.length === 0) return [warns('device-unknown', 'does not name its device')];
  if (vendorId === null || deviceId === null) {
    return [warns('device-unknown', 'may be for another device: the ids of this device are unknown')];
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
    return [warns('device-unknown', `does not name its device: its ids are ${ids.join(', ')}`)];
  }
  const message = `is for ${ids.join(', ')}, but this device is ${id}`;
  const kin = told.filter(({ pcir }) => pcir?.vendorId === vendorId);
  if (kin.some(({ kind }) => kind === 'efi')) {
    return [warns('other-device-id', `${message}: OVMF runs its UEFI image anyway, but a BIOS does not`)];
  }
  // Firmware of integrated graphics has the id of a whole family, and QEMU replaces it with that of the device.
  if (kin.length > 0 && vendorId === INTEL && DISPLAY.test(device.classCode ?? '')) {
    return [warns('other-device-id', `${message}: a BIOS runs it only if QEMU reads it from the card`)];
  }
  return [bad('other-device', message)];
}

const INTEL = '8086';
const NO_IDS: readonly string[] = ['0000:0000', 'ffff:ffff'];
/** This id means every device of the maker. */
const ANY_DEVICE = 'ffff';

function idsOf({ pcir }: OptionRomImage): string {
  return `${pcir?.vendorId}:${pcir?.deviceId}`;
}

/**
 * Whether an image is for a device, by its ids, by its list of others, or because it is for all devices of the maker.
 */
export function isFor({ pcir }: OptionRomImage, vendorId: string, deviceId: string): boolean {
  if (pcir === null || pcir.vendorId !== vendorId) return false;
  const ids = [pcir.deviceId, ...(pcir.deviceIds ?? [])];
  return ids.includes(deviceId) || ids.includes(ANY_DEVICE);
}

function guestVerdicts({ images }: OptionRom, device: RomDevice | null): readonly RomVerdict[] {
  const ofDevice = device?.classCode ?? images.find(({ pcir }) => pcir !== null)?.pcir?.classCode ?? '';
  const loses = DISPLAY.test(ofDevice)
    ? 'shows no picture until the guest loads its driver'
    : 'cannot boot from the device';
  const efis = images.filter(({ kind }) => kind === 'efi');
  const machines = [...new Set(efis.map(({ efi }) => efi?.machine ?? '?'))];
  const verdicts: RomVerdict[] = [];
  if (machines.includes('x64')) verdicts.push(ok('efi', 'has an image for UEFI on x86-64 (OVMF)'));
  else if (efis.length > 0) {
    verdicts.push(
      warns('efi-machine', `has UEFI images only for ${machines.join(', ')}: OVMF on x86-64 ${loses}`),
    );
  } else verdicts.push(warns('no-efi', `has no image for UEFI: a guest with OVMF ${loses}`));
  if (images.some(({ kind }) => kind === 'legacy'))
    verdicts.push(ok('legacy', 'has an image for a BIOS (SeaBIOS)'));
  else verdicts.push(warns('no-legacy', `has no image for a BIOS: a guest with SeaBIOS ${loses}`));
  return verdicts;
}
