import { isUnknown, type Known, knownValue, mapKnown } from '../../base/known.ts';
import { count, escapeControls } from '../../base/text.ts';
import type { PendingRecovery } from '../../documents/changes/pending-recovery.ts';
import type { SriovDocument } from '../../documents/changes/sriov.ts';
import type { ListedPf } from '../../operations/sriov/list-pfs.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { Inventory } from '../../pci/inventory.ts';
import type { PfLink } from '../../pci/sriov/pf-link.ts';
import { isNoRate, NO_MAC, type VfSettings } from '../../pci/sriov/vf-settings.ts';
import type { VfsStatus } from '../../plan/sriov/vfs-status.ts';
import { type Cell, type ColumnLayout, layoutColumns } from '../layout/columns.ts';
import { cellText, deviceTitle } from '../layout/facts.ts';
import type { Style } from '../layout/style.ts';
import { hangText } from '../layout/wrap-text.ts';

type ListedVf = DeviceWith<'class' | 'driver' | 'driverOverride' | 'iommuGroup' | 'netInterfaces'>;

/** Each PF in a paragraph, and its VFs below it, one row each. */
export function renderSriov(listed: readonly ListedPf[], width: number | null, style: Style): string {
  const all = listed.reduce((sum, { vfs }) => sum + vfs.length, 0);
  const paragraphs = listed.map((each) => pfLine(each, width) + vfRows(each, width, style));
  if (listed.length === 0) return '';
  return [...paragraphs, `${count(listed.length, 'PF')}, ${count(all, 'VF')}.\n`].join('\n');
}

function pfLine({ pf, link, persisted }: ListedPf, width: number | null): string {
  const role = knownValue(pf.sriov);
  const counts = role?.role === 'pf' ? [cellText(role.numVfs), cellText(role.totalVfs)] : ['?', '?'];
  const autoprobe = role?.role === 'pf' ? cellText(role.autoprobe, (on) => (on ? 'on' : 'off')) : '?';
  const facts = [
    `${deviceTitle(pf)}: ${counts[0]} of ${counts[1]} VFs`,
    `driver ${cellText(pf.driver)}`,
    `autoprobe ${autoprobe}`,
    link === null
      ? 'no network interface'
      : `${escapeControls(link.interface)} ${cellText(link.isUp, upDown)}`,
    ...persistedFacts(persisted),
  ];
  const start = `${pf.address}  `;
  const text = facts.join(' · ');
  return `${hangText({ start, startWidth: start.length, text, indent: 2, width })}\n`;
}

/** Empty for a captured host, which does not contain it. */
function persistedFacts(persisted: Known<VfsStatus>): readonly string[] {
  if (persisted === null || (isUnknown(persisted) && persisted.unknown === 'unread')) return [];
  if (isUnknown(persisted)) return ['persisted ?'];
  return [persisted === 'in-force' ? 'persisted' : 'persisted, NOT IN FORCE'];
}

function upDown(isUp: boolean): string {
  return isUp ? 'up' : 'down';
}

interface VfColumn extends ColumnLayout {
  /** Whether all are network cards. */
  readonly isOfNetwork: boolean;
  cell(vf: ListedVf, index: number, settings: Known<VfSettings>): string;
}

const column = (
  heading: string,
  cell: VfColumn['cell'],
  { isOfNetwork = false, stays = false } = {},
): VfColumn => ({ heading, align: 'left', leastWidth: null, stays, isOfNetwork, cell });

const setting = (heading: string, format: (settings: VfSettings) => string | undefined): VfColumn =>
  column(heading, (_vf, _index, settings) => cellText(settings, (known) => format(known) ?? '-'), {
    isOfNetwork: true,
  });

const onOff = (value: boolean | undefined): string | undefined =>
  value === undefined ? undefined : value ? 'on' : 'off';

const COLUMNS: readonly VfColumn[] = [
  column('  VF', (_vf, index) => `  ${index}`, { stays: true }),
  column('ADDRESS', ({ address }) => address, { stays: true }),
  column('DRIVER', ({ driver }) => cellText(driver)),
  column('GROUP', ({ iommuGroup }) => cellText(iommuGroup)),
  column('INTERFACE', ({ netInterfaces }) => cellText(netInterfaces, (names) => names.join(',') || '-'), {
    isOfNetwork: true,
  }),
  setting('MAC', ({ mac }) => (mac === NO_MAC ? undefined : mac)),
  setting('VLAN', ({ vlan }) =>
    vlan === undefined || vlan.id === 0 ? undefined : `${vlan.id}${vlan.qos === 0 ? '' : `/${vlan.qos}`}`,
  ),
  setting('TRUST', ({ trust }) => onOff(trust)),
  setting('SPOOF-CHECK', ({ spoofCheck }) => onOff(spoofCheck)),
  setting('LINK', ({ linkState }) => linkState),
  setting('RATE', ({ rate }) =>
    rate === undefined || isNoRate(rate) ? undefined : `${rate.min}-${rate.max}`,
  ),
];

function vfRows({ link, vfs }: ListedPf, width: number | null, style: Style): string {
  if (vfs.length === 0) return '';
  const columns = COLUMNS.filter(({ isOfNetwork }) => !isOfNetwork || link !== null);
  const rows = vfs.map((vf, index) =>
    columns.map(({ cell }): Cell => ({ text: cell(vf, index, settingsOf(link, index)) })),
  );
  return layoutColumns(columns, rows, { width, header: true, style }).text;
}

function settingsOf(link: PfLink | null, index: number): Known<VfSettings> {
  if (link === null) return null;
  return isUnknown(link.vfs) ? link.vfs : (link.vfs.get(index) ?? null);
}

/** One row for each VF, for programs, with headings, and a row for a PF without VFs; `-` is none, and `?` unknown. */
export function sriovRows(listed: readonly ListedPf[]): readonly (readonly (string | number)[])[] {
  const headings = [
    ...['pf', 'pf-driver', 'pf-interface', 'num-vfs', 'total-vfs', 'autoprobe', 'persisted'],
    ...COLUMNS.map(({ heading }) => heading.trim().toLowerCase()),
  ];
  return [headings, ...listed.flatMap(rowsOfPf)];
}

function rowsOfPf(each: ListedPf): readonly (readonly string[])[] {
  const { link, vfs } = each;
  const { address, driver, numVfs, totalVfs, autoprobe, persisted } = pfDocument(each);
  const start = [
    ...[address, cellText(driver), link === null ? '-' : escapeControls(link.interface)],
    ...[cellText(numVfs), cellText(totalVfs), cellText(autoprobe, (on) => (on ? 'on' : 'off'))],
    cellText(persisted),
  ];
  // If the kernel counts VFs without showing them, or does not count them, they are unknown.
  const none = knownValue(numVfs) === 0 ? '-' : '?';
  if (vfs.length === 0) return [[...start, ...COLUMNS.map(() => none)]];
  return vfs.map((vf, index) => [
    ...start,
    ...COLUMNS.map(({ cell }) => cell(vf, index, settingsOf(link, index)).trim()),
  ]);
}

/** The same as JSON. */
export function sriovDocument(
  { host, diagnostics }: Inventory<DeviceWith<never>>,
  listed: readonly ListedPf[],
  recovery: PendingRecovery,
): SriovDocument {
  return { schema: 'portal-gun/sriov/v1', host, pfs: listed.map(pfDocument), recovery, diagnostics };
}

function pfDocument({ pf, link, vfs, persisted }: ListedPf): SriovDocument['pfs'][number] {
  const { address, vendor, device, driver, sriov } = pf;
  const ofRole = <T>(read: (role: Extract<typeof sriov, { role: 'pf' }>) => Known<T>): Known<T> =>
    mapKnown(sriov, (role) => (role.role === 'pf' ? read(role) : null));
  return {
    address,
    vendor,
    device,
    driver,
    totalVfs: ofRole((role) => role.totalVfs),
    numVfs: ofRole((role) => role.numVfs),
    autoprobe: ofRole((role) => role.autoprobe),
    interface: link === null ? null : { name: link.interface, up: link.isUp },
    persisted,
    vfs: vfs.map((vf, index) => ({
      index,
      address: vf.address,
      driver: vf.driver,
      driverOverride: vf.driverOverride,
      iommuGroup: vf.iommuGroup,
      netInterfaces: vf.netInterfaces,
      settings: settingsOf(link, index),
    })),
  };
}
