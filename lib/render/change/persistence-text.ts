import { isUnknown } from '../../base/known.ts';
import { count, escapeControls } from '../../base/text.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { type TraitField, traitsOf } from '../../pci/device-traits.ts';
import type { PersistedDevice, PersistedTraits } from '../../pci/persisted/persisted-device.ts';
import { type BindingState, type BindingStatus, isBound } from '../../plan/binding/binding-status.ts';
import type { BoundUntilReboot } from '../../plan/binding/bound-until-reboot.ts';
import type { PersistedBinding } from '../../plan/binding/persisted-bindings.ts';
import type { BootState, PersistedRecords } from '../../plan/persistence/persistence-files.ts';
import { type RecordChanges, recordChanges } from '../../plan/persistence/record-changes.ts';
import { deviceTitle } from '../layout/facts.ts';
import type { Style } from '../layout/style.ts';
import { tableBlock } from '../layout/table-block.ts';
import { wrapText } from '../layout/wrap-text.ts';
import { bootWarnings, driftWarnings, lateBindings } from './boot-stages.ts';

/** The persisted records of a host. */
interface Before extends PersistedRecords {
  readonly boot: BootState;
  /** Whether the boot of the host is assumed, because it is a captured host. */
  readonly isGuess: boolean;
}

/** The persisted records before and after a change. */
interface PersistenceChange {
  readonly before: Before;
  readonly after: PersistedRecords;
}

/** The records that are added and removed, and when they apply in a boot; empty for `null`. */
export function renderPersistence(change: PersistenceChange | null, width: number | null): string {
  if (change === null) return '';
  const { before, after } = change;
  const { boot, isGuess } = before;
  const bindings = recordChanges(before.bindings, after.bindings);
  const pfs = recordChanges(before.pfs, after.pfs);
  const rows = [
    ...changeRows(bindings, ({ driver }) => driver),
    ...changeRows(pfs, ({ count: vfs }) => count(vfs, 'VF')),
    ...[...bindings.struck, ...pfs.struck].map((each) => [
      each.address,
      'no longer at boot',
      traitsText(each),
    ]),
  ];
  const anew = [...bindings.added, ...bindings.moved.map(({ to }) => to)];
  const how = [
    ...(isGuess
      ? ['A snapshot does not show how the host boots; systemd and initramfs-tools are assumed.']
      : []),
    ...(anew.length === 0 ? [] : stagesText(anew, boot)),
    ...(pfs.added.length + pfs.moved.length === 0 ? [] : [vfsText(boot)]),
  ];
  return rows.length === 0
    ? ''
    : `\n${tableBlock(rows, width)}${how.map((text) => paragraph(text, width)).join('')}`;
}

function changeRows<T extends PersistedDevice>(
  { added, moved, shared }: RecordChanges<T>,
  goalOf: (entry: T) => string,
): readonly (readonly string[])[] {
  return [
    ...added.map((each) => [each.address, `${goalOf(each)} at each boot`, traitsText(each)]),
    ...moved.map(({ from, to }) => [
      to.address,
      `${goalOf(to)} at each boot, moved from ${from.address}`,
      traitsText(to),
    ]),
    ...shared.map((each) => [
      each.address,
      `${goalOf(each)} at each boot stays recorded: its device may be at another address`,
      traitsText(each),
    ]),
  ];
}

/** The traits that find a device again: `its place pci0000:00/06.0/00.0 and its serial number 52-…`. */
function traitsText(entry: PersistedDevice): string {
  const { vf } = entry;
  const parts =
    vf === undefined
      ? marksOf(entry)
      : marksOf(vf.pf).map((mark, at) => (at === 0 ? `VF ${vf.index} of the PF at ${vf.pf.path}` : mark));
  return escapeControls(parts.join(', '));
}

function marksOf(traits: PersistedTraits): readonly string[] {
  const { path, deviceSerial, productSerial, drive, model, wwn, guid, mac } = traits;
  return [
    `its place ${path}`,
    ...(deviceSerial === null ? [] : [`serial number ${deviceSerial.value}`]),
    ...(productSerial === null ? [] : [`product serial number ${productSerial}`]),
    ...(drive === undefined ? [] : [`drive serial number ${drive}`]),
    ...(model === undefined ? [] : [`model ${model}`]),
    ...(wwn === undefined ? [] : [`world wide name ${wwn}`]),
    ...(guid === undefined ? [] : [`node GUID ${guid}`]),
    ...(mac === null ? [] : [`MAC ${mac}`]),
  ];
}

/** When bindings are made in a boot; for each late one, the reason. */
function stagesText(added: readonly PersistedBinding[], boot: BootState): readonly string[] {
  const late = lateBindings(added);
  const isSomeEarly = late.length < added.length;
  return [
    ...(isSomeEarly ? [earlyText(boot)] : []),
    lateText(boot, isSomeEarly),
    ...late.map(({ address, message }) => `${address} binds late, after the initramfs: ${message}.`),
    ...(isSomeEarly ? bootWarnings(boot).map((warning) => `Warning: ${warning}`) : []),
  ];
}

function earlyText({ initramfs }: BootState): string {
  const where =
    initramfs === 'initramfs-tools'
      ? 'in the initramfs (initramfs-tools) and after it'
      : 'once the root file system is there';
  return `Early: a udev rule binds them before any driver loads, ${where}.`;
}

function lateText({ systemd }: BootState, isSomeEarly: boolean): string {
  if (!isSomeEarly) {
    return systemd
      ? 'Late: by portal-gun.service, after the initramfs and before libvirt starts.'
      : 'Late: nothing binds it at a boot, because there is no systemd. Run pci bindings --restore.';
  }
  return systemd
    ? 'Late: devices that a host driver claimed, or that moved, by portal-gun.service, before libvirt starts.'
    : 'Late: nothing binds them at boot, because there is no systemd. Run pci bindings --restore for devices that a host driver claimed.';
}

function vfsText({ systemd }: BootState): string {
  return systemd
    ? 'portal-gun.service creates the VFs before libvirt starts.'
    : 'Nothing creates the VFs at boot, because there is no systemd. Run pci sriov restore.';
}

function paragraph(text: string, width: number | null): string {
  return wrapText(text, width === null ? null : width - 2)
    .map((line) => `  ${line}\n`)
    .join('');
}

/** The states of a persisted binding as text. */
export const BINDING_STATES: Readonly<Record<BindingState, string>> = {
  'in-force': 'in force',
  'not-in-force': 'NOT IN FORCE',
  moved: 'MOVED',
  replaced: 'NOT FOUND: another device is at its place',
  missing: 'NOT FOUND: nothing is at its place',
  ambiguous: 'AMBIGUOUS: several devices match it',
  unknown: 'unknown: its identity cannot be read',
};

/** The persisted bindings, one row each, and whether their files are up to date. */
export function renderBindings(
  statuses: readonly BindingStatus<DeviceWith<TraitField>>[],
  outdated: readonly string[],
  boot: BootState,
  unrecorded: readonly BoundUntilReboot[],
  width: number | null,
  style: Style,
): string {
  const others = renderUnrecorded(unrecorded, width);
  if (statuses.length === 0 && outdated.length === 0) {
    return `No bindings are persisted. To persist one: pci bind ADDRESS --persist\n${others}`;
  }
  const rows = statuses.map((status) => [
    status.binding.address,
    status.device === null ? status.binding.id : deviceTitle(status.device),
    status.binding.driver,
    stateText(status),
  ]);
  const summary = `${count(statuses.length, 'binding')}, ${statuses.filter(isBound).length} in force.\n`;
  const advice =
    outdated.length === 0
      ? ''
      : `${style('warning', 'These files are out of date, so the next boot may bind other devices, or none:')}\n${outdated
          .map((path) => `  ${path}\n`)
          .join('')}To write them again: pci bind ADDRESS --persist\n`;
  const late = lateBindings(statuses.map(({ binding }) => binding))
    .map(({ address, message }) => `${address} binds late, after the initramfs: ${message}.\n`)
    .join('');
  const warnings = driftWarnings(statuses, boot)
    .map((warning) => `${style('warning', warning)}\n`)
    .join('');
  return `${tableBlock(rows, width)}${summary}${late}${warnings}${advice}${others}`;
}

/** The devices that are bound now, but not after the next boot. */
function renderUnrecorded(unrecorded: readonly BoundUntilReboot[], width: number | null): string {
  if (unrecorded.length === 0) return '';
  const rows = unrecorded.map(({ address, driver, command }) => [address, `on ${driver}`, command]);
  return `On a VFIO driver until the next boot, because it is not persisted; to return it to the host now:\n${tableBlock(
    rows.map((row) => row.map(escapeControls)),
    width,
  )}`;
}

/** Why a persisted binding is not restored. */
export function lostText(status: BindingStatus<DeviceWith<TraitField>>): string {
  return status.state === 'unknown' ? stateText(status) : BINDING_STATES[status.state];
}

function stateText({ binding, state, device, instead }: BindingStatus<DeviceWith<TraitField>>): string {
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
    case 'moved': {
      const other = instead === null ? '' : `; another device is at its place: ${instead.address}`;
      return `${BINDING_STATES[state]} to ${device.address}${on === '' ? ', in force' : on}${other}`;
    }
    case 'replaced':
      return `${BINDING_STATES[state]}: ${device.address}${on}`;
    case 'unknown': {
      const isElsewhere = traitsOf(device).path !== binding.path;
      const where = isElsewhere ? `; it may be ${device.address}${on || `, on ${driver}`}` : on;
      const other = instead === null ? '' : `; another device is at its place: ${instead.address}`;
      return BINDING_STATES[state] + where + other;
    }
    default:
      return BINDING_STATES[state];
  }
}
