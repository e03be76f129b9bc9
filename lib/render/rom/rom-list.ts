import { isUnknown } from '../../base/known.ts';
import { count, escapeControls, formatSize } from '../../base/text.ts';
import type { RomListDocument } from '../../documents/rom/rom-list.ts';
import type { ListedRom } from '../../operations/rom/list-roms.ts';
import type { ExpansionRom } from '../../pci/config/bar.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import type { OptionRom } from '../../pci/rom/option-rom.ts';
import type { OptionRomImage } from '../../pci/rom/option-rom-image.ts';
import { isSound, type RomVerdict } from '../../pci/rom/option-rom-verdicts.ts';
import { type Cell, type ColumnLayout, layoutColumns } from '../layout/columns.ts';
import { cellText, deviceTitle } from '../layout/facts.ts';
import type { Role, Style } from '../layout/style.ts';

interface RomColumn extends ColumnLayout {
  cell(each: ListedRom): Cell;
}

const column = (heading: string, cell: RomColumn['cell'], leastWidth: number | null = null): RomColumn => ({
  heading,
  align: 'left',
  leastWidth,
  stays: heading === 'ADDRESS' || heading === 'SIZE' || heading === 'READS',
  cell,
});

const READS: Record<ListedRom['reading'], readonly [text: string, role?: Role]> = {
  read: ['yes', 'good'],
  failed: ['no', 'bad'],
  refused: ['in use', 'warning'],
  untried: ['?'],
};

const COLUMNS: readonly RomColumn[] = [
  column('ADDRESS', ({ device }) => ({ text: device.address })),
  column('SIZE', ({ rom }) => ({ text: formatSize(rom.sizeBytes) })),
  column('READS', ({ reading }) => {
    const [text, role] = READS[reading];
    return role === undefined ? { text } : { text, role };
  }),
  column('HOLDS', ({ rom, contents, verdicts }) => ({ text: holdsText(rom, contents, verdicts) }), 8),
  column('GUEST', (each) => ({ text: offersText(each) }), 8),
  column('DRIVER', ({ device }) => ({ text: cellText(device.driver) })),
  column('DEVICE', ({ device }) => ({ text: deviceTitle(device) }), 8),
];

/** The devices with ROMs, one row each; empty if there are none. */
export function renderRoms(listed: readonly ListedRom[], width: number | null, style: Style): string {
  if (listed.length === 0) return '';
  const rows = listed.map((each) => COLUMNS.map(({ cell }) => cell(each)));
  return layoutColumns(COLUMNS, rows, { width, header: true, style }).text;
}

/** The same for programs, with headings: sizes in bytes. */
export function romRows(listed: readonly ListedRom[]): readonly (readonly (string | number)[])[] {
  const rows = listed.map((each) =>
    COLUMNS.map(({ heading, cell }) => (heading === 'SIZE' ? each.rom.sizeBytes : cell(each).text)),
  );
  return [COLUMNS.map(({ heading }) => heading.toLowerCase()), ...rows];
}

function holdsText(
  { isShadow }: ExpansionRom,
  contents: OptionRom | null,
  verdicts: readonly RomVerdict[],
): string {
  const what = contents === null ? '?' : contents.images.map(imageName).join(', ') || 'nothing';
  const damage = isSound(verdicts) ? '' : ', damaged';
  return isShadow ? `copy: ${what}${damage}` : what + damage;
}

/** The type of an image in one or two words: `BIOS`, `UEFI x64`. */
export function imageName({ kind, efi, pcir }: OptionRomImage): string {
  switch (kind) {
    case 'legacy':
      return 'BIOS';
    case 'efi':
      return `UEFI ${efi?.machine ?? ''}`.trimEnd();
    case 'open-firmware':
      return 'Open Firmware';
    case 'hp-pa-risc':
      return 'HP PA-RISC';
    case 'other':
      return `code type ${pcir?.codeType ?? '?'}`;
  }
}

/** The ROM for guests. By default, QEMU shows the ROM. */
function offersText({ offers }: ListedRom): string {
  if (isUnknown(offers) || offers.length === 0) return 'on by default';
  return offers
    .map(({ machine, rom, file }) => escapeControls(`${machine}: ${rom === 'file' ? file : rom}`))
    .join(', ');
}

/** Why some could not be read, one line each, and the advice for the rest. */
export function romRemarks(listed: readonly ListedRom[]): string {
  // A device whose driver may use it has the reason in its row.
  const problems = listed
    .filter(({ reading }) => reading === 'failed')
    .map(({ device, problem }) => `pci: ${device.address}: ${escapeControls(problem ?? '')}\n`);
  const untried = listed.filter(({ reading }) => reading === 'untried').length;
  const next =
    untried === 0
      ? ''
      : `pci: ${count(untried, 'ROM')} not read, because a read enables the ROM; to read: sudo pci rom list --read\n`;
  const used = listed.filter(({ reading }) => reading === 'refused').length;
  const inUse =
    used === 0
      ? ''
      : `pci: ${count(used, 'ROM')} not read, because the device is in use; first: pci bind DEVICE\n`;
  return problems.join('') + inUse + next;
}

/** The same as JSON. */
export function romListDocument(
  { host, diagnostics }: Inventory<DeviceWith<never>>,
  listed: readonly ListedRom[],
): RomListDocument {
  return {
    schema: 'portal-gun/rom-list/v1',
    host,
    roms: listed.map(({ device, rom, reading, problem, contents, verdicts, offers }) => ({
      address: device.address,
      vendor: device.vendor,
      device: device.device,
      class: device.class,
      driver: device.driver,
      rom,
      reading,
      problem,
      contents,
      verdicts,
      machines: offers,
    })),
    diagnostics,
  };
}
