import { count, escapeControls, formatSize } from '../../base/text.ts';
import type { RomInspectDocument } from '../../documents/rom/rom-inspect.ts';
import type { InspectedRom } from '../../operations/rom/inspected-rom.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { OptionRomImage } from '../../pci/rom/option-rom-image.ts';
import { isSound, type RomVerdict, type RomVerdictLevel } from '../../pci/rom/option-rom-verdicts.ts';
import { deviceTitle } from '../layout/facts.ts';
import type { Role, Style } from '../layout/style.ts';
import { hangText, wrapText } from '../layout/wrap-text.ts';
import { imageName } from './rom-list.ts';

const LEVELS: Record<RomVerdictLevel, readonly [word: string, role: Role]> = {
  ok: ['ok', 'good'],
  warns: ['note', 'warning'],
  bad: ['BAD', 'bad'],
};
const WORD_WIDTH = 4;
const ORDER: readonly RomVerdictLevel[] = ['bad', 'warns', 'ok'];

/** The verdict first, then the reasons, then the contents. */
export function renderRom(inspected: InspectedRom, width: number | null, style: Style): string {
  const { rom, verdicts, sha256 } = inspected;
  const lines = (text: string): string => `${wrapText(text, width).join('\n')}\n`;
  return [
    style('strong', lines(titleOf(inspected)).trimEnd()),
    '\n',
    lines(answerOf(inspected)),
    '\n',
    ...ORDER.flatMap((level) => verdicts.filter((each) => each.level === level)).map((each) =>
      verdictLines(each, width, style),
    ),
    ...(rom.images.length === 0 ? [] : ['\n']),
    ...rom.images.map((image, index) => imageLines(image, index + 1, width)),
    '\n',
    hangText({ start: 'SHA-256 ', startWidth: 8, text: sha256, indent: 2, width }),
    '\n',
  ].join('');
}

function titleOf({ source, device, rom }: InspectedRom): string {
  const size = `${formatSize(rom.sizeBytes)}, ${count(rom.images.length, 'image')}`;
  if (source.kind === 'file') return `${escapeControls(source.path)}: ${size}`;
  const what = source.isShadow ? "the firmware's copy" : "the card's ROM";
  const title = device === null ? '' : `  ${deviceTitle(device)}`;
  return `${source.address}${title}: ${what}, ${size}`;
}

function answerOf({ verdicts, device, meant, source }: InspectedRom): string {
  const bad = verdicts.filter(({ level }) => level === 'bad').length;
  const state = isSound(verdicts) ? 'Sound' : `Bad, for ${count(bad, 'reason')}`;
  if (device !== null && source.kind === 'file') return `${state}; checked for ${device.address}.`;
  if (meant === null) return `${state}.`;
  return meant.length === 0
    ? `${state}; for no device of this host.`
    : `${state}; for ${meant.join(', ')} of this host.`;
}

function verdictLines({ level, message }: RomVerdict, width: number | null, style: Style): string {
  const [word, role] = LEVELS[level];
  const start = `${style(role, word.padEnd(WORD_WIDTH))}  `;
  return `${hangText({ start, startWidth: WORD_WIDTH + 2, text: message, indent: 2, width })}\n`;
}

function imageLines(image: OptionRomImage, number: number, width: number | null): string {
  const start = `Image ${number}  `;
  const text = [...placeFacts(image), ...pcirFacts(image), ...legacyFacts(image), ...efiFacts(image)].join(
    ' · ',
  );
  return `${hangText({ start, startWidth: start.length, text, indent: 2, width })}\n`;
}

function placeFacts(image: OptionRomImage): readonly string[] {
  return [`${imageName(image)}, ${formatSize(image.sizeBytes)} at 0x${image.offset.toString(16)}`];
}

function pcirFacts({ pcir }: OptionRomImage): readonly string[] {
  if (pcir === null) return ['no PCI data structure'];
  const { vendorId, deviceId, maxRuntimeBytes } = pcir;
  const others = pcir.deviceIds?.filter((id) => id !== deviceId) ?? [];
  return [
    `for ${vendorId}:${deviceId}${others.length === 0 ? '' : `, and by its list for ${others.join(', ')}`}`,
    `class ${pcir.classCode}`,
    `PCIR revision ${pcir.revision}`,
    `code revision ${pcir.codeRevision}`,
    ...(maxRuntimeBytes === null || maxRuntimeBytes === 0
      ? []
      : [`keeps ${formatSize(maxRuntimeBytes)} at run time`]),
    ...(pcir.isLast ? ['marked as the last'] : []),
  ];
}

function legacyFacts({ legacy }: OptionRomImage): readonly string[] {
  if (legacy === null) return [];
  const names = [legacy.pnp?.product, legacy.pnp?.manufacturer].flatMap((text) =>
    text === null || text === undefined ? [] : [escapeControls(text)],
  );
  const checksum = legacy.checksum === 'cut' ? 'unknown' : legacy.checksum;
  return [
    `checksum ${checksum}`,
    ...(names.length === 0 ? [] : [names.join(', ')]),
    ...(legacy.pnp?.checksum === 'wrong' ? ['wrong checksum in its Plug and Play header'] : []),
  ];
}

function efiFacts({ efi }: OptionRomImage): readonly string[] {
  if (efi === null) return [];
  const compression = { none: 'not compressed', efi: 'compressed' }[efi.compression];
  return [efi.subsystem.replaceAll('-', ' '), compression ?? `compression ${efi.compression}`];
}

/** The device of a ROM, as JSON. */
export function romDeviceFacts({
  address,
  vendor,
  device,
  class: deviceClass,
}: DeviceWith<'class' | 'vendor' | 'device'>): NonNullable<RomInspectDocument['device']> {
  return { address, vendor, device, class: deviceClass };
}

/** The same as JSON, without its schema. */
export function romFacts({
  source,
  device,
  rom,
  sha256,
  verdicts,
  meant,
}: InspectedRom): Omit<RomInspectDocument, 'schema' | 'host'> {
  return {
    source,
    device: device === null ? null : romDeviceFacts(device),
    rom,
    sha256,
    sound: isSound(verdicts),
    verdicts,
    meant,
  };
}

/** `pci rom inspect --json`. */
export function romDocument(
  host: { readonly label: string } | null,
  inspected: InspectedRom,
): RomInspectDocument {
  return { schema: 'portal-gun/rom-inspect/v1', host, ...romFacts(inspected) };
}
