import { isUnknown, type Known, knownValue } from '../../base/known.ts';
import { formatSize } from '../../base/text.ts';
import { type PciAddress, shortAddress } from '../../pci/address.ts';
import type { DeviceRequest, DeviceWith, FieldOf, PciDevice } from '../../pci/device.ts';
import { categoryOf } from '../../pci/device-class.ts';
import type { PcieLink } from '../../pci/link.ts';
import { topologyPath } from '../../pci/location.ts';
import type { SriovRole } from '../../pci/sriov/sriov.ts';
import type { Cell, ColumnLayout } from '../layout/columns.ts';
import { addressList, cellText, deviceTitle, idText } from '../layout/facts.ts';

/** The data of a column that is not from its own device. */
export interface ListContext {
  /** The members of each IOMMU group that can be passed through, by group. */
  readonly groups: ReadonlyMap<number, readonly PciAddress[]>;
}

/** A column of the list of devices. */
export interface DeviceColumn extends ColumnLayout {
  /** One line for the help. */
  readonly summary: string;
  readonly fields: readonly DeviceRequest[];
  cell(device: PciDevice, context: ListContext): Cell;
  /** The sort key of rows, if it is not the text. */
  sortKey?(device: PciDevice): number;
}

/** The facts for the notes; a list does not read the configuration space of devices. */
const NOTED_FACTS = [
  'netInterfaces',
  'blockDevices',
  'vfCounts',
  'bootVga',
  'iommuGroup',
  'class',
] as const satisfies readonly DeviceRequest[];

/** The default minimum width of a column: words can still be distinguished. */
const LEAST_WIDTH = 8;

/** Every column, by its name for `--columns` and `--sort`, in the order of the help. */
export const DEVICE_COLUMNS: Readonly<Record<string, DeviceColumn>> = {
  address: {
    ...column('ADDRESS', 'domain:bus:slot.function', [], ({ address }) => address),
    leastWidth: null,
    stays: true,
  },
  class: {
    ...column('CLASS', 'category: network, storage, display …', ['class'], (device) =>
      cellText(device.class, ({ code }) => categoryOf(code)),
    ),
    leastWidth: 7,
  },
  device: {
    ...column('DEVICE', 'vendor and device by name', ['vendor', 'device'], deviceTitle),
    leastWidth: 16,
  },
  driver: {
    ...column('DRIVER', 'driver that it is bound to', ['driver'], ({ driver }) => cellText(driver)),
    cell: ({ driver }) => {
      const text = cellText(driver);
      return knownValue(driver) === undefined ? { text, role: 'faint' } : { text };
    },
  },
  group: numeric('GROUP', 'IOMMU group', ['iommuGroup'], ({ iommuGroup }) => iommuGroup),
  notes: {
    ...column('NOTES', 'notable facts', NOTED_FACTS, () => ''),
    leastWidth: 12,
    cell: (device, context) => ({ text: notesOf(device, context).join(' · ') }),
  },
  id: { ...column('ID', 'vendor:device', ['vendor', 'device'], idText), leastWidth: null },
  subsystem: {
    ...column('SUBSYSTEM', 'subsystem vendor:device', ['subsystem'], ({ subsystem }) =>
      cellText(subsystem, ({ vendorId, deviceId }) => `${vendorId}:${deviceId}`),
    ),
    leastWidth: null,
  },
  kind: column('KIND', 'class by name', ['class'], (device) =>
    cellText(device.class, ({ name, code }) => name ?? code),
  ),
  revision: column('REV', 'revision', ['revision'], ({ revision }) => cellText(revision)),
  override: column('OVERRIDE', 'driver_override', ['driverOverride'], ({ driverOverride }) =>
    cellText(driverOverride),
  ),
  numa: numeric('NUMA', 'NUMA node', ['numaNode'], ({ numaNode }) => numaNode),
  net: column('NET', 'network interfaces', ['netInterfaces'], ({ netInterfaces }) => names(netInterfaces)),
  block: column('BLOCK', 'block devices', ['blockDevices'], ({ blockDevices }) => names(blockDevices)),
  sriov: {
    ...column('SR-IOV', 'VFs of a PF, PF of a VF', ['vfCounts'], ({ sriov }) =>
      cellText(sriov, (role) => sriovNote(role)),
    ),
    leastWidth: 24,
  },
  reset: column('RESET', 'reset methods in order', ['resetMethods'], ({ resetMethods }) =>
    names(resetMethods),
  ),
  bars: numeric('BARS', 'memory and I/O of its BARs', ['bars'], ({ bars }) => barBytes(bars), formatSize),
  rom: numeric('ROM', 'size of the expansion ROM', ['rom'], ({ rom }) => romBytes(rom), formatSize),
  link: {
    ...column('LINK', 'PCI Express link, now / at most', ['link'], ({ link }) => cellText(link, linkNote)),
    leastWidth: 14,
  },
  power: column('POWER', 'power state', ['powerState'], ({ powerState }) => cellText(powerState)),
  label: column('LABEL', "firmware's or slot's label", ['slotLabel'], ({ slotLabel }) => cellText(slotLabel)),
  path: column('PATH', 'path through bridges, without bus numbers', ['location'], ({ address, location }) =>
    cellText(location, (place) => topologyPath(place, address)),
  ),
};

/** The default columns. */
export const DEFAULT_COLUMNS: readonly string[] = ['address', 'class', 'device', 'driver', 'group', 'notes'];

/** The columns of `--wide`. */
export const WIDE_COLUMNS: readonly string[] = [
  ...['address', 'class', 'id', 'device', 'revision', 'driver', 'override', 'group', 'numa'],
  ...['bars', 'rom', 'reset', 'notes'],
];

/** A column that reads only the facts that it names. */
function column<Read extends DeviceRequest>(
  heading: string,
  summary: string,
  fields: readonly Read[],
  text: (device: DeviceWith<FieldOf<Read>>) => string,
): DeviceColumn {
  return {
    heading,
    summary,
    fields,
    align: 'left',
    leastWidth: LEAST_WIDTH,
    stays: false,
    cell: (device) => ({ text: text(device) }),
  };
}

function numeric<Read extends DeviceRequest>(
  heading: string,
  summary: string,
  fields: readonly Read[],
  take: (device: DeviceWith<FieldOf<Read>>) => Known<number>,
  format: (value: number) => string = String,
): DeviceColumn {
  return {
    ...column(heading, summary, fields, (device) => cellText(take(device), format)),
    align: 'right',
    // A truncated number is another number.
    leastWidth: null,
    // Devices without a number, or with an unknown one, are last.
    sortKey: (device) => knownValue(take(device)) ?? Number.POSITIVE_INFINITY,
  };
}

function names(fact: Known<readonly string[]>): string {
  return cellText(fact, (all) => (all.length === 0 ? '-' : all.join(' ')));
}

function barBytes(bars: PciDevice['bars']): Known<number> {
  if (bars === null || isUnknown(bars)) return bars;
  return bars.length === 0 ? null : bars.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function romBytes(rom: PciDevice['rom']): Known<number> {
  return rom === null || isUnknown(rom) ? rom : rom.sizeBytes;
}

function sriovNote(role: SriovRole): string {
  if (role.role === 'vf') return `VF ${cellText(role.index)} of ${shortAddress(role.physicalFunction)}`;
  return `${cellText(role.numVfs)} of ${cellText(role.totalVfs)} VFs`;
}

function linkNote({ currentSpeedGts, currentWidth, maxSpeedGts, maxWidth }: PcieLink): string {
  const now = `${cellText(currentSpeedGts)}x${cellText(currentWidth)}`;
  const most = `${cellText(maxSpeedGts)}x${cellText(maxWidth)}`;
  return now === most ? now : `${now}/${most}`;
}

function notesOf(
  device: DeviceWith<FieldOf<(typeof NOTED_FACTS)[number]>>,
  { groups }: ListContext,
): readonly string[] {
  const notes: string[] = [];
  const sriov = knownValue(device.sriov);
  const things = (knownValue(device.netInterfaces) ?? []).concat(knownValue(device.blockDevices) ?? []);
  if (sriov?.role === 'vf') notes.push(sriovNote(sriov));
  if (things.length > 0) notes.push(cellText(things, (all) => all.join(' ')));
  if (sriov?.role === 'pf') notes.push(sriovNote(sriov));
  if (device.bootVga === true) notes.push('boot display');
  const group = knownValue(device.iommuGroup);
  const members = group === undefined ? undefined : groups.get(group);
  // A bridge cannot be passed through as a member, and shares nothing.
  if (members !== undefined && members.length > 1 && members.includes(device.address)) {
    const others = members.filter((address) => address !== device.address);
    notes.push(`shares group with ${addressList(others)}`);
  }
  return notes;
}
