import { EXIT, PortalGunError } from '../../../base/errors.ts';
import { knownValue } from '../../../base/known.ts';
import { count, suggest } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { listDevices } from '../../../operations/inventory/list-devices.ts';
import type { PciAddress } from '../../../pci/address.ts';
import type { PciDevice } from '../../../pci/device.ts';
import { staysWithHost } from '../../../pci/group/iommu-group.ts';
import { LISTED_FIELDS, listDocument } from '../../../render/documents.ts';
import {
  DEFAULT_COLUMNS,
  DEVICE_COLUMNS,
  type DeviceColumn,
  type ListContext,
  WIDE_COLUMNS,
} from '../../../render/inventory/device-columns.ts';
import { layoutColumns } from '../../../render/layout/columns.ts';
import { wrapText } from '../../../render/layout/wrap-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { InventoryValues } from '../../inventory-options.ts';
import { originRemark } from '../../inventory-options.ts';
import { emptyRemark, sessionOf, viewRemarks } from '../../reading-options.ts';
import { type FormatValues, formatOf, formatRows } from '../../row-format.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface ListValues extends InventoryValues, FormatValues {
  readonly selectors: readonly string[];
  readonly columns: readonly string[];
  readonly sort: string | undefined;
  readonly reverse: boolean;
  readonly wide: boolean;
  readonly header: boolean | undefined;
}

/** `pci list`: one row for each function. */
export async function runList(
  args: ListValues,
  terminal: Terminal,
  _: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const columns = columnsOf(args);
  const sort = columnNamed(args.sort ?? 'address', '--sort');
  const format = formatOf(args);
  const shown =
    format === 'json' || format === 'ndjson' ? LISTED_FIELDS : columns.flatMap(({ fields }) => fields);
  const session = sessionOf(args, ports);
  const view = await listDevices(session, args.selectors, { fields: [...shown, ...sort.fields] });
  const { inventory } = view;
  const context = listContext(inventory.devices);
  const devices = sorted(view.selected, args, sort, context);
  const stderr = viewRemarks({ ...args, json: format === 'json' }, session, view);
  const result = (stdout: string, more = ''): CommandResult => ({
    exitCode: EXIT.ok,
    stdout,
    stderr: stderr + more,
  });

  if (format === 'table' && devices.length === 0) return result('', emptyRemark(inventory, view.suggestion));
  const header = args.header !== false;
  return result(
    formatRows(format, {
      document: () => listDocument(inventory, devices),
      listKey: 'devices',
      csv: () => csvRows(devices, columns, context, header),
      table() {
        const width = args.wide ? null : terminal.width;
        const rows = devices.map((device) => columns.map((column) => column.cell(device, context)));
        const { text, leftOut } = layoutColumns(columns, rows, { width, header, style: terminal.style });
        return terminal.interactive
          ? text + footer(devices, leftOut, originRemark(inventory), terminal)
          : text;
      },
    }),
  );
}

function columnsOf(args: ListValues): readonly DeviceColumn[] {
  const asked = args.columns.flatMap((text) => text.split(',')).filter((name) => name !== '');
  const names = asked.length > 0 ? asked : args.wide ? WIDE_COLUMNS : DEFAULT_COLUMNS;
  return names.map((name) => columnNamed(name, '--columns'));
}

function columnNamed(name: string, option: string): DeviceColumn {
  const wanted = name.trim().toLowerCase();
  const column = Object.hasOwn(DEVICE_COLUMNS, wanted) ? DEVICE_COLUMNS[wanted] : undefined;
  if (column !== undefined) return column;
  const known = Object.keys(DEVICE_COLUMNS);
  const meant = suggest(wanted, known);
  throw new PortalGunError('BAD_ARGUMENT', `no such column: "${name}"`, {
    subject: option,
    hint: meant === undefined ? `the columns are ${known.join(', ')}` : `did you mean ${meant}?`,
  });
}

function sorted(
  devices: readonly PciDevice[],
  args: ListValues,
  column: DeviceColumn,
  context: ListContext,
): readonly PciDevice[] {
  const direction = args.reverse ? -1 : 1;
  // The devices are already ordered by address; as text, a domain of five digits would be before one of four.
  if (column === DEVICE_COLUMNS['address']) return direction > 0 ? devices : [...devices].reverse();
  const compare = (a: PciDevice, b: PciDevice): number => {
    const left = column.sortKey?.(a) ?? column.cell(a, context).text;
    const right = column.sortKey?.(b) ?? column.cell(b, context).text;
    if (left === right) return 0;
    // Devices without a number are last in both orders.
    if (!Number.isFinite(left) && typeof left === 'number') return 1;
    if (!Number.isFinite(right) && typeof right === 'number') return -1;
    return left < right ? -direction : direction;
  };
  return [...devices].sort(compare);
}

function listContext(devices: readonly PciDevice[]): ListContext {
  const groups = new Map<number, PciAddress[]>();
  for (const device of devices) {
    const group = knownValue(device.iommuGroup);
    if (group === undefined || staysWithHost(device)) continue;
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [device.address]);
    else known.push(device.address);
  }
  return { groups };
}

/** The name of a column for `--columns`. */
function nameOf(column: DeviceColumn): string {
  return Object.keys(DEVICE_COLUMNS).find((name) => DEVICE_COLUMNS[name] === column) ?? '';
}

/** Rows for programs: headings as in `--columns`, exact numbers; `-` and `?` are as in the table. */
function csvRows(
  devices: readonly PciDevice[],
  columns: readonly DeviceColumn[],
  context: ListContext,
  header: boolean,
): readonly (readonly (string | number)[])[] {
  const value = (device: PciDevice, column: DeviceColumn): string | number => {
    const number = column.sortKey?.(device);
    return number === undefined || !Number.isFinite(number) ? column.cell(device, context).text : number;
  };
  const rows = devices.map((device) => columns.map((column) => value(device, column)));
  return header ? [columns.map(nameOf), ...rows] : rows;
}

/** The lines below the rows on a terminal: counts, and columns that did not fit. */
function footer(
  devices: readonly PciDevice[],
  leftOut: readonly DeviceColumn[],
  origin: string,
  { style, width }: Terminal,
): string {
  const remarks = [
    summary(devices) + origin,
    ...(leftOut.length === 0 ? [] : [`Omitted: ${leftOut.map(nameOf).join(', ')}; --wide shows all.`]),
  ];
  return remarks
    .flatMap((remark) => wrapText(remark, width))
    .map((line) => `${style('faint', line)}\n`)
    .join('');
}

function summary(devices: readonly PciDevice[]): string {
  const groups = new Set(
    devices.map(({ iommuGroup }) => knownValue(iommuGroup)).filter((group) => group !== undefined),
  );
  const roles = devices.map(({ sriov }) => knownValue(sriov)?.role);
  const pfs = roles.filter((role) => role === 'pf').length;
  const vfs = roles.filter((role) => role === 'vf').length;
  const parts = [
    count(devices.length, 'device'),
    ...(groups.size === 0 ? [] : [count(groups.size, 'group')]),
    // If no column needs the groups, they are not read, and are unknown.
    ...(devices.every(({ iommuGroup }) => iommuGroup === null) ? ['no IOMMU group'] : []),
    ...(pfs + vfs === 0 ? [] : [`${count(pfs, 'SR-IOV card')} (${count(vfs, 'VF')})`]),
  ];
  return `${parts.join(', ')}.`;
}
