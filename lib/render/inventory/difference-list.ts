import { escapeControls, formatSize } from '../../base/text.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { DeviceDifference, FactChange } from '../../pci/difference.ts';
import { type IdentityField, identityOf, sharedIdentity } from '../../pci/identity.ts';
import { cellText, deviceTitle, type TitledDevice } from '../layout/facts.ts';
import type { Role, Style } from '../layout/style.ts';
import textWidth from '../layout/text-width.ts';
import { hangText, wrapText } from '../layout/wrap-text.ts';

const KINDS: Record<DeviceDifference['kind'], Role> = {
  came: 'good',
  gone: 'bad',
  moved: 'warning',
  changed: 'warning',
};

type Difference = DeviceDifference<DeviceWith<IdentityField | 'driver'>>;

const KIND_WIDTH = 9;
const DETAIL_INDENT = 11;

/** The text for an absent side of a change. */
const NOTHING = 'none';

/** Differences between two hosts: the devices by name, each change with its old and new value. */
export function renderDifferences(
  differences: readonly Difference[],
  width: number | null,
  style: Style,
): string {
  return differences.map((difference) => renderDifference(difference, width, style)).join('');
}

const HEADINGS = ['kind', 'before', 'after', 'device', 'fact', 'was', 'is'];

/**
 * Differences for programs, one row for each changed fact, and one for a device without a changed fact; with
 * headings, `-` is none.
 */
export function differenceRows(differences: readonly Difference[]): readonly (readonly string[])[] {
  return [HEADINGS, ...differences.flatMap(rowsOf)];
}

function rowsOf(difference: Difference): readonly (readonly string[])[] {
  const before = difference.kind === 'came' ? null : difference.before;
  const after = difference.kind === 'gone' ? null : difference.after;
  const device = after ?? before;
  const start = [
    ...[difference.kind, before?.address ?? '-', after?.address ?? '-'],
    device === null ? '-' : deviceTitle(device),
  ];
  const changes = 'changes' in difference ? difference.changes : [];
  if (changes.length === 0) return [[...start, '-', '-', '-']];
  return changes.map((change) => [
    ...[...start, change.fact],
    ...[change.before, change.after].map((value) => (value === null ? '-' : escapeControls(String(value)))),
  ]);
}

function renderDifference(difference: Difference, width: number | null, style: Style): string {
  const headline = (place: string, text: string): string => {
    const word = difference.kind.padEnd(KIND_WIDTH);
    return hangText({
      start: `${style(KINDS[difference.kind], word)}${place}  `,
      startWidth: KIND_WIDTH + textWidth(place) + 2,
      indent: KIND_WIDTH,
      text,
      width,
    });
  };
  switch (difference.kind) {
    case 'came':
      return `${headline(difference.after.address, titleAndDriver(difference.after))}\n`;
    case 'gone':
      return `${headline(difference.before.address, titleAndDriver(difference.before))}\n`;
    default: {
      const { before, after, changes } = difference;
      const place = before.address === after.address ? after.address : `${before.address} → ${after.address}`;
      const lines = [
        headline(place, deviceTitle(after)),
        ...(difference.kind === 'moved' ? [detail(foundBy(before, after), width)] : []),
        ...changes.map((change) => detail(changeText(change), width)),
      ];
      return lines.map((line) => `${line}\n`).join('');
    }
  }
}

function titleAndDriver(device: TitledDevice & DeviceWith<'driver'>): string {
  const driver = device.driver === null ? '' : `  (${cellText(device.driver)})`;
  return `${deviceTitle(device)}${driver}`;
}

const PART_LABELS: Readonly<Record<string, string>> = { mac: 'MAC', slotLabel: 'slot label' };

/** The facts that identified a device that moved. */
function foundBy(before: DeviceWith<IdentityField>, after: DeviceWith<IdentityField>): string {
  const shared = Object.entries(sharedIdentity(identityOf(before), identityOf(after)));
  const parts = shared.map(
    ([part, value]) => `${PART_LABELS[part] ?? part} ${escapeControls(String(value))}`,
  );
  return `found by ${parts.join(', ')}`;
}

/** A line about the device above it. */
function detail(text: string, width: number | null): string {
  const start = ' '.repeat(DETAIL_INDENT);
  const [first = '', ...more] = wrapText(text, width === null ? null : width - DETAIL_INDENT - 2);
  return [start + first, ...more.map((line) => `${start}  ${line}`)].join('\n');
}

/** The name and text of a fact, if its own name and value are not clear. */
const FACT_TEXTS: Readonly<
  Record<string, { readonly label: string; readonly text: (value: unknown) => string }>
> = {
  iommuGroupCompanions: {
    label: 'IOMMU group',
    text: (value) => {
      if (!Array.isArray(value)) return 'no group';
      return value.length === 0 ? 'only member' : `with ${value.join(', ')}`;
    },
  },
  acs: { label: 'ACS', text: (value) => (Array.isArray(value) ? value.join(', ') || 'all off' : NOTHING) },
  rom: { label: 'expansion ROM', text: (value) => (typeof value === 'number' ? formatSize(value) : NOTHING) },
};

function changeText({ fact, before, after }: FactChange): string {
  const { label, text } = (Object.hasOwn(FACT_TEXTS, fact) ? FACT_TEXTS[fact] : undefined) ?? {
    label: fact,
    text: valueText,
  };
  return `${label}: ${escapeControls(text(before))} → ${escapeControls(text(after))}`;
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return NOTHING;
  if (Array.isArray(value)) return value.join(', ') || NOTHING;
  return String(value);
}
