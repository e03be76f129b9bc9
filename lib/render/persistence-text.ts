import { isUnknown } from '../base/known.ts';
import { count, escapeControls } from '../base/text.ts';
import type { PersistedDevice } from '../pci/persisted-device.ts';
import type { BindingState, BindingStatus } from '../plan/binding-status.ts';
import type { PersistedBinding } from '../plan/persisted-bindings.ts';
import type { BootSituation, PersistedRecords } from '../plan/persistence-files.ts';
import { deviceTitle } from './facts.ts';
import type { Style } from './style.ts';
import { tableBlock } from './table-block.ts';
import { wrapText } from './wrap-text.ts';

/** What of a host outlives a boot. */
interface Before extends PersistedRecords {
  readonly boot: BootSituation;
  /** Whether the host does not tell, being a captured one. */
  readonly isGuess: boolean;
}

/** What is written down anew and what no more, and when in a boot it is made so. */
export function renderPersistence(before: Before, after: PersistedRecords, width: number | null): string {
  const { boot, isGuess } = before;
  const bindings = changesOf(before.bindings, after.bindings);
  const pfs = changesOf(before.pfs, after.pfs);
  const rows = [
    ...bindings.added.map((each) => [each.address, `${each.driver} at each boot`, traitsText(each)]),
    ...pfs.added.map((each) => [each.address, `${count(each.count, 'VF')} at each boot`, traitsText(each)]),
    ...[...bindings.struck, ...pfs.struck].map((each) => [
      each.address,
      'no more at each boot',
      traitsText(each),
    ]),
  ];
  const how = [
    ...(isGuess
      ? ['How it starts is not in a snapshot; it is taken for a host with systemd and initramfs-tools.']
      : []),
    ...(bindings.added.length === 0 ? [] : [earlyText(boot), lateText(boot)]),
    ...(pfs.added.length === 0 ? [] : [vfsText(boot)]),
  ];
  return rows.length === 0
    ? ''
    : `\n${tableBlock(rows, width)}${how.map((text) => paragraph(text, width)).join('')}`;
}

interface Changes<T> {
  readonly added: readonly T[];
  readonly struck: readonly T[];
}

function changesOf<T extends PersistedDevice>(before: readonly T[], after: readonly T[]): Changes<T> {
  return {
    added: after.filter((entry) => !before.some((each) => isSame(each, entry))),
    struck: before.filter(({ path }) => !after.some((each) => each.path === path)),
  };
}

function isSame(a: PersistedDevice, b: PersistedDevice): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** By what a device is found again: `its place pci0000:00/06.0/00.0 and its serial number 52-…`. */
function traitsText({ path, deviceSerial, productSerial, mac }: PersistedDevice): string {
  const parts = [
    `its place ${path}`,
    ...(deviceSerial === null ? [] : [`serial number ${deviceSerial.value}`]),
    ...(productSerial === null ? [] : [`product serial number ${productSerial}`]),
    ...(mac === null ? [] : [`MAC ${mac}`]),
  ];
  return escapeControls(parts.join(', '));
}

function earlyText({ initramfs }: BootSituation): string {
  const where: Record<NonNullable<BootSituation['initramfs']> | 'none', string> = {
    'initramfs-tools': 'in the initial RAM disk (initramfs-tools) and after it',
    other:
      'after the initial RAM disk alone: what makes it here is not known, and a driver that is loaded in it is quicker',
    none: 'once the root file system is there',
  };
  return `Early: by a rule for udev, before it loads any driver, ${where[initramfs ?? 'none']}.`;
}

function lateText({ systemd }: BootSituation): string {
  return systemd
    ? 'Late: what a driver of the host has all the same, or what is at another place, by portal-gun.service, before libvirt starts.'
    : 'Late: nothing; there is no systemd. What a driver of the host has all the same is bound by pci bindings --restore.';
}

function vfsText({ systemd }: BootSituation): string {
  return systemd
    ? 'The VFs are made by portal-gun.service, before libvirt starts.'
    : 'The VFs are not made by themselves: there is no systemd. pci sriov restore makes them.';
}

function paragraph(text: string, width: number | null): string {
  return wrapText(text, width === null ? null : width - 2)
    .map((line) => `  ${line}\n`)
    .join('');
}

/** What has become of a persisted binding, in words. */
export const BINDING_STATES: Readonly<Record<BindingState, string>> = {
  'in-force': 'in force',
  'not-in-force': 'NOT IN FORCE',
  moved: 'MOVED',
  replaced: 'NOT FOUND: another device is at its place',
  missing: 'NOT FOUND: nothing is at its place',
  ambiguous: 'AMBIGUOUS: several devices may be it',
  unknown: 'not known: its serial number is not readable without root',
};

/** The persisted bindings, a row each, and whether all is there that brings them about. */
export function renderBindings(
  statuses: readonly BindingStatus[],
  outdated: readonly string[],
  width: number | null,
  style: Style,
): string {
  if (statuses.length === 0 && outdated.length === 0) {
    return 'No binding outlives a boot: pci bind --persist makes one that does.\n';
  }
  const rows = statuses.map(({ binding, state, device }) => [
    binding.address,
    device === null ? binding.id : deviceTitle(device),
    binding.driver,
    stateText(binding, state, device),
  ]);
  const summary = `${count(statuses.length, 'binding')}, ${statuses.filter(({ state }) => state === 'in-force').length} in force.\n`;
  const advice =
    outdated.length === 0
      ? ''
      : `${style('warning', 'Out of date, so that the next boot may not bind them:')}\n${outdated
          .map((path) => `  ${path}\n`)
          .join('')}Say again what is to be bound: pci bind ADDRESS --persist.\n`;
  return `${tableBlock(rows, width)}${summary}${advice}`;
}

function stateText(binding: PersistedBinding, state: BindingState, device: BindingStatus['device']): string {
  if (device === null) return BINDING_STATES[state];
  const driver = isUnknown(device.driver)
    ? 'an unknown driver'
    : escapeControls(device.driver ?? 'no driver');
  const on = driver === binding.driver ? '' : `, on ${driver}`;
  const at = device.address === binding.address ? '' : `, at ${device.address} now`;
  switch (state) {
    case 'in-force':
      return BINDING_STATES[state] + at;
    case 'not-in-force':
      return BINDING_STATES[state] + at + on;
    case 'moved':
      return `${BINDING_STATES[state]} to ${device.address}${on === '' ? ', in force' : on}`;
    default:
      return BINDING_STATES[state];
  }
}
