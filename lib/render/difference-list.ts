import { escapeControls, formatSize } from '../base/text.ts';
import type { DeviceDifference, FactChange } from '../pci/difference.ts';
import { cellText, deviceTitle } from './facts.ts';
import type { Role, Style } from './style.ts';

const KINDS: Record<DeviceDifference['kind'], Role> = {
  came: 'good',
  gone: 'bad',
  moved: 'warning',
  changed: 'warning',
};

/** What an absent side of a change is called. */
const NOTHING = 'none';

/** Differences between two hosts, the devices by name, each change with what it was and is. */
export function renderDifferences(differences: readonly DeviceDifference[], style: Style): string {
  return differences.map((difference) => renderDifference(difference, style)).join('');
}

function renderDifference(difference: DeviceDifference, style: Style): string {
  const word = style(KINDS[difference.kind], difference.kind.padEnd(8));
  switch (difference.kind) {
    case 'came':
      return `${word} ${difference.after.address}  ${deviceTitle(difference.after)}${driverOf(difference.after.driver)}\n`;
    case 'gone':
      return `${word} ${difference.before.address}  ${deviceTitle(difference.before)}${driverOf(difference.before.driver)}\n`;
    default: {
      const { before, after, changes } = difference;
      const place = before.address === after.address ? after.address : `${before.address} → ${after.address}`;
      return `${word} ${place}  ${deviceTitle(after)}\n${changes.map(renderChange).join('')}`;
    }
  }
}

function driverOf(driver: DeviceDriver): string {
  return driver === null ? '' : `  (${cellText(driver)})`;
}

type DeviceDriver = Extract<DeviceDifference, { kind: 'came' }>['after']['driver'];

/** What a fact is called, and how it reads, where its name and value do not speak for themselves. */
const FACT_TEXTS: Readonly<
  Record<string, { readonly label: string; readonly text: (value: unknown) => string }>
> = {
  iommuGroupCompanions: {
    label: 'IOMMU group',
    text: (value) => {
      if (!Array.isArray(value)) return 'no group';
      return value.length === 0 ? 'alone' : `with ${value.join(', ')}`;
    },
  },
  acs: { label: 'ACS', text: (value) => (Array.isArray(value) ? value.join(', ') || 'all off' : NOTHING) },
  rom: { label: 'expansion ROM', text: (value) => (typeof value === 'number' ? formatSize(value) : NOTHING) },
};

function renderChange({ fact, before, after }: FactChange): string {
  const { label, text } = (Object.hasOwn(FACT_TEXTS, fact) ? FACT_TEXTS[fact] : undefined) ?? {
    label: fact,
    text: valueText,
  };
  return `           ${label}: ${escapeControls(text(before))} → ${escapeControls(text(after))}\n`;
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return NOTHING;
  if (Array.isArray(value)) return value.join(', ') || NOTHING;
  return String(value);
}
