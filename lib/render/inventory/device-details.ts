import { isUnknown, type Known, knownValue } from '../../base/known.ts';
import { escapeControls, formatSize } from '../../base/text.ts';
import type { ConfigSpace } from '../../pci/config/config-space.ts';
import type { DeviceField, PciDevice } from '../../pci/device.ts';
import type { IommuGroup } from '../../pci/group/iommu-group.ts';
import type { PassthroughLevel, PassthroughNote } from '../../pci/group/passthrough.ts';
import { topologyPath } from '../../pci/location.ts';
import { addressList, cellText, deviceTitle, factText, idText } from '../layout/facts.ts';
import type { Role, Style } from '../layout/style.ts';
import { tableBlock } from '../layout/table-block.ts';
import { hangText } from '../layout/wrap-text.ts';
import { attachmentRows, barRows, capabilityRows, identityRows, type Rows } from './device-sections.ts';

/** All facts of one device. */
export interface DeviceDetails {
  readonly device: PciDevice;
  /** Its IOMMU group; undefined if it has none. */
  readonly group: IommuGroup | undefined;
  readonly notes: readonly PassthroughNote[];
}

const INDENT = '  ';
const LABEL_WIDTH = 14;
const LEVEL_WIDTH = 8;
const LEVEL_ROLES: Record<PassthroughLevel, Role> = {
  ok: 'good',
  needs: 'strong',
  loses: 'warning',
  warns: 'warning',
  blocks: 'bad',
  unknown: 'warning',
};

/** All facts of one device, for a user; `width` is that of the terminal, `null` for no limit. */
export function renderDeviceDetails(details: DeviceDetails, width: number | null, style: Style): string {
  const { device, notes } = details;
  const address = `${device.address}  `;
  const title = hangText({
    start: style('heading', address),
    startWidth: address.length,
    indent: INDENT.length,
    text: `${deviceTitle(device)}  [${idText(device)}]`,
    width,
    paint: (line) => style('heading', line),
  });
  const shown = Object.values(DETAILS);
  const section = (heading: string, rows: Rows): string => {
    const body = tableBlock(typeof rows === 'string' ? [[rows]] : rows, width);
    return body === '' ? '' : `\n${style('heading', heading)}\n${body}`;
  };
  return [
    `${title}\n\n`,
    ...shown
      .flatMap((detail) => ('lines' in detail ? detail.lines(details) : []))
      .flatMap(([label, text]) =>
        text.split('\n').map((line, index) => {
          const name = (index === 0 ? label : '').padEnd(LABEL_WIDTH);
          return labelled(name, 'faint', line, width, style);
        }),
      ),
    ...shown
      .flatMap((detail) => ('section' in detail ? detail.section : []))
      .map(({ heading, rows }) => section(heading, rows(device))),
    section('Identity', identityRows(device)),
    `\n${style('heading', 'To pass it through')}\n`,
    ...notes.map(({ level, message }) =>
      labelled(level.padEnd(LEVEL_WIDTH), LEVEL_ROLES[level], escapeControls(message), width, style),
    ),
  ].join('');
}

/** A line of two columns; long text is wrapped below the second. */
function labelled(label: string, role: Role, text: string, width: number | null, style: Style): string {
  const startWidth = INDENT.length + label.length;
  const start = INDENT + style(role, label);
  return `${hangText({ start, startWidth, indent: startWidth, text, width })}\n`;
}

type Line = readonly [label: string, text: string];

/** The place of a fact in the details of a device. */
type Detail =
  | { readonly lines: (details: DeviceDetails) => readonly Line[]; readonly section?: Section }
  | { readonly section: Section }
  /** It is shown with another fact, or in the title. */
  | { readonly shownWith: DeviceField | 'title' | 'identity' }
  | { readonly isNotShown: string };

/** A heading with rows below it. */
interface Section {
  readonly heading: string;
  rows(device: PciDevice): Rows;
}

/** The place of each fact, in the order of the lines. */
const DETAILS: { readonly [F in DeviceField]: Detail } = {
  vendor: { shownWith: 'title' },
  device: { shownWith: 'title' },
  class: oneLine('Class', ({ device }) =>
    factText(device.class, ({ name, code }) => (name === null ? code : `${name} (${code})`), 'absent'),
  ),
  revision: oneLine('Revision', ({ device }) => factText(device.revision, String, 'absent')),
  subsystem: oneLine('Subsystem', ({ device }) => subsystemText(device)),
  driver: oneLine('Driver', ({ device }) => driverText(device)),
  driverOverride: { shownWith: 'driver' },
  modules: { shownWith: 'driver' },
  iommuGroup: oneLine('IOMMU group', ({ device, group }) => groupText(device, group)),
  location: oneLine('Location', ({ device }) => locationText(device)),
  slotLabel: oneLine('Slot', ({ device }) => factText(device.slotLabel, String, 'no label')),
  numaNode: oneLine('NUMA node', ({ device }) => factText(device.numaNode)),
  powerState: oneLine('Power state', ({ device }) =>
    factText(device.powerState, String, 'not reported by this kernel'),
  ),
  link: oneLine('PCIe link', ({ device }) => linkText(device)),
  resetMethods: oneLine('Reset', ({ device }) =>
    factText(
      device.resetMethods,
      (methods) => (methods.length === 0 ? 'no method' : methods.join(', ')),
      'no method',
    ),
  ),
  rom: oneLine('Expansion ROM', ({ device }) =>
    factText(
      device.rom,
      ({ sizeBytes, address, isShadow }) =>
        `${formatSize(sizeBytes)} at ${address ?? 'no address'}${isShadow ? ", the firmware's copy" : ''}`,
    ),
  ),
  sriov: oneLine('SR-IOV', ({ device }) => sriovText(device)),
  bars: { section: { heading: 'BARs', rows: barRows } },
  attachments: { section: { heading: 'On it', rows: attachmentRows } },
  config: {
    lines: ({ device }) => [
      ['ACS', acsText(device.config)],
      ['ARI', ariText(device.config)],
    ],
    section: { heading: 'Capabilities', rows: capabilityRows },
  },
  bootVga: {
    lines: ({ device }) => whereThere('Boot display', device.bootVga, (boot) => (boot ? 'yes' : 'no')),
  },
  mdevTypes: {
    lines: ({ device }) => whereThere('mdev types', device.mdevTypes, (types) => types.join(', ')),
  },
  vfio: {
    lines: ({ device }) =>
      whereThere('vGPU type', vgpuTypeOf(device), (type) => (type === 0 ? 'none yet' : String(type))),
  },
  netInterfaces: { shownWith: 'attachments' },
  blockDevices: { shownWith: 'attachments' },
  vpd: { shownWith: 'identity' },
  lastSeen: { shownWith: 'identity' },
};

function oneLine(label: string, text: (details: DeviceDetails) => string): Detail {
  return { lines: (details) => [[label, text(details)]] };
}

function vgpuTypeOf({ vfio }: PciDevice): Known<number> {
  return vfio === null || isUnknown(vfio) ? vfio : vfio.vgpuType;
}

/** A line for a fact that most devices do not have. */
function whereThere<T>(label: string, fact: Known<T>, format: (value: T) => string): readonly Line[] {
  return fact === null ? [] : [[label, factText(fact, format)]];
}

function subsystemText({ subsystem }: PciDevice): string {
  return factText(subsystem, ({ vendorId, deviceId, vendorName = null, name }) => {
    const id = `${vendorId}:${deviceId}`;
    const known = name ?? vendorName;
    return known === null ? id : `${known} [${id}]`;
  });
}

function driverText({ driver, driverOverride, modules }: PciDevice): string {
  const candidates = knownValue(modules) ?? [];
  const override = knownValue(driverOverride);
  return [
    factText(driver),
    candidates.length === 0 ? '' : ` (modules: ${escapeControls(candidates.join(', '))})`,
    override === undefined ? '' : `, driver_override ${escapeControls(override)}`,
  ].join('');
}

function groupText({ iommuGroup, address }: PciDevice, group: IommuGroup | undefined): string {
  if (group === undefined) return factText(iommuGroup);
  const others = group.members.map(({ device }) => device.address).filter((other) => other !== address);
  const type = knownValue(group.type);
  const regions = (knownValue(group.reservedRegions) ?? []).filter(({ kind }) => kind !== 'msi');
  return [
    `${group.id}${type === undefined ? '' : ` (${type})`}, ${others.length === 0 ? 'only member' : `with ${addressList(others, 6)}`}`,
    ...regions.map(({ start, end, kind }) => `reserved by the firmware: ${start}-${end} ${kind}`),
  ].join('\n');
}

function locationText({ location, address }: PciDevice): string {
  return factText(
    location,
    (place) =>
      `${topologyPath(place, address)}${place.parent === null ? ', on a root bus' : `, behind ${place.parent}`}`,
    'unknown',
  );
}

function linkText({ link }: PciDevice): string {
  return factText(
    link,
    ({ currentSpeedGts, currentWidth, maxSpeedGts, maxWidth }) => {
      const now = `${cellText(currentSpeedGts)} GT/s x${cellText(currentWidth)}`;
      const most = `${cellText(maxSpeedGts)} GT/s x${cellText(maxWidth)}`;
      return now === most ? now : `${now} now, ${most} at most`;
    },
    'no PCI Express link',
  );
}

function sriovText({ sriov }: PciDevice): string {
  if (sriov === null || isUnknown(sriov)) return factText(sriov);
  if (sriov.role === 'vf') return `VF ${cellText(sriov.index)} of ${sriov.physicalFunction}`;
  const facts = [
    `PF: ${cellText(sriov.numVfs)} of ${cellText(sriov.totalVfs)} VFs`,
    `autoprobe ${cellText(sriov.autoprobe, (on) => (on ? 'on' : 'off'))}`,
    `offset ${cellText(sriov.offset)}`,
    `stride ${cellText(sriov.stride)}`,
    `VF device ${cellText(sriov.vfDeviceId)}`,
  ].join(', ');
  return sriov.virtualFunctions.length === 0 ? facts : `${facts}\n${addressList(sriov.virtualFunctions, 8)}`;
}

function acsText(config: Known<ConfigSpace>): string {
  const acs = config === null || isUnknown(config) ? config : config.acs;
  return factText(
    acs,
    (features) => {
      const words = Object.entries(features).filter(([, { supported }]) => supported);
      return words.length === 0
        ? 'none of its features'
        : words.map(([name, { enabled }]) => `${spaced(name)} ${enabled ? 'on' : 'off'}`).join(', ');
    },
    'no such capability',
  );
}

/** `sourceValidation` as `source validation`. */
function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function ariText(config: Known<ConfigSpace>): string {
  const ari = config === null || isUnknown(config) ? config : config.ari;
  const forwarding = knownValue(knownValue(knownValue(config)?.pcie ?? null)?.ariForwarding ?? null);
  if (ari === null && forwarding?.supported === true)
    return `forwarding ${forwarding.enabled ? 'on' : 'off'}`;
  return factText(
    ari,
    ({ nextFunction }) => (nextFunction === 0 ? 'no next function' : `next function ${nextFunction}`),
    'no such capability',
  );
}
