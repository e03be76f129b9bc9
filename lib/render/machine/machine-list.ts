import { isUnknown, type Known, knownValue } from '../../base/known.ts';
import { count, escapeControls, formatSize } from '../../base/text.ts';
import type { MachineListDocument, MachinePhase } from '../../documents/machines/machine-list.ts';
import { guessCategory, nearCategory } from '../../libvirt/machine/category.ts';
import type { Machine } from '../../libvirt/machine/machine.ts';
import { tagCommand } from '../../libvirt/machine/machine-words.ts';
import { type KnownMachine, type KnownMachines, mainDocument } from '../../libvirt/machine/read-machines.ts';
import { type GivenDevice, nameOfTaken } from '../../libvirt/machine/taken-functions.ts';
import { shortAddress } from '../../pci/address.ts';
import { type Cell, type ColumnLayout, layoutColumns } from '../layout/columns.ts';
import { cellText } from '../layout/facts.ts';
import type { Style } from '../layout/style.ts';
import { wrapText } from '../layout/wrap-text.ts';

interface MachineColumn extends ColumnLayout {
  cell(machine: KnownMachine): Cell;
}

const column = (
  heading: string,
  cell: MachineColumn['cell'],
  layout: Partial<ColumnLayout> = {},
): MachineColumn => ({ heading, cell, align: 'left', leastWidth: null, stays: false, ...layout });

const COLUMNS: readonly MachineColumn[] = [
  column('NAME', ({ name }) => ({ text: escapeControls(name) }), { leastWidth: 12, stays: true }),
  column('TYPE', categoryCell, { leastWidth: 12, stays: true }),
  column('STATE', stateCell),
  column('DEVICES', (machine) => ({ text: devicesText(machine) }), { leastWidth: 14 }),
  column('MEMORY', (machine) => ({ text: cellText(of(machine).memoryBytes, formatSize) }), {
    align: 'right',
  }),
  column('CPUS', (machine) => ({ text: cellText(of(machine).vcpus) }), { align: 'right' }),
];

function of(machine: KnownMachine): Machine {
  return mainDocument(machine).machine;
}

/** `router`; `- (router?)` for a guess; `host, now router` if the running VM has another category. */
function categoryCell(machine: KnownMachine): Cell {
  const { category } = of(machine);
  const guess = guessCategory(machine.name);
  const text = category === null && guess !== null ? `- (${guess}?)` : cellText(category, (known) => known);
  const now = machine.live?.machine.category ?? null;
  const isOther =
    machine.definition !== null && machine.live !== null && knownValue(now) !== knownValue(category);
  return {
    text: isOther ? `${text}, now ${cellText(now)}` : text,
    ...(category === null ? { role: 'faint' } : isUnknown(category) || isOther ? { role: 'warning' } : {}),
  };
}

function stateCell({ state, definition, hasManagedSave }: KnownMachine): Cell {
  const text = state === 'shut-off' ? 'off' : state;
  const saved = hasManagedSave ? ', saved' : '';
  return {
    text: definition === null ? `${text}, transient` : text + saved,
    ...(state === 'running' ? { role: 'good' } : {}),
  };
}

/** Its devices: `01:10.0, 01:10.2 (now)`, with the time if it is not both now and at the next start. */
function devicesText({ definition, live }: KnownMachine): string {
  const defined = definition?.machine.devices.map(deviceText) ?? [];
  const held = live?.machine.devices.map(deviceText) ?? [];
  if (definition === null) return held.join(', ') || '-';
  const all = [
    ...defined.map((text) => (live === null || held.includes(text) ? text : `${text} (next start)`)),
    ...held.filter((text) => !defined.includes(text)).map((text) => `${text} (now)`),
  ];
  return all.join(', ') || '-';
}

/** `01:10.0`; `02:00.0 (nvme)` for a device without an element of its own. */
function deviceText({ device }: GivenDevice): string {
  const address = 'address' in device ? device.address : null;
  const name = address === null ? escapeControls(nameOfTaken(device)) : shortAddress(address);
  return ['nvme', 'argument'].includes(device.kind) ? `${name} (${device.kind})` : name;
}

/**
 * A value of a VM for programs, by its heading: `type` is that of the definition, `type-now` that of the running VM.
 */
const VALUES: Readonly<Record<string, (machine: KnownMachine) => string>> = {
  name: ({ name }) => escapeControls(name),
  uuid: ({ uuid }) => uuid,
  type: (machine) => cellText(of(machine).category),
  'type-now': ({ live }) => cellText(live === null ? null : live.machine.category),
  guess: (machine) => cellText(of(machine).category === null ? guessCategory(machine.name) : null),
  state: ({ state }) => state,
  persistent: ({ definition }) => (definition === null ? 'no' : 'yes'),
  saved: ({ hasManagedSave }) => (hasManagedSave ? 'yes' : 'no'),
  devices: devicesText,
  memory: (machine) => cellText(of(machine).memoryBytes),
  cpus: (machine) => cellText(of(machine).vcpus),
};

/** VMs for programs, one row each, below the headings if `header`; memory in bytes, `-` is none, `?` unknown. */
export function machineRows(
  machines: readonly KnownMachine[],
  header: boolean,
): readonly (readonly string[])[] {
  const rows = machines.map((machine) => Object.values(VALUES).map((value) => value(machine)));
  return header ? [Object.keys(VALUES), ...rows] : rows;
}

/** The layout for a terminal. */
export interface MachineListLayout {
  /** The width of the terminal; `null` for no limit. */
  readonly width: number | null;
  readonly header: boolean;
  readonly style: Style;
  /** Whether lines below the rows count the VMs by category, and give advice on untagged ones. */
  readonly summary: boolean;
}

/** VMs, one row each. */
export function renderMachines(machines: readonly KnownMachine[], layout: MachineListLayout): string {
  const rows = machines.map((machine) => COLUMNS.map(({ cell }) => cell(machine)));
  const { text, leftOut } = layoutColumns(COLUMNS, rows, layout);
  if (!layout.summary) return text;
  const remarks = [
    `${count(machines.length, 'VM')}: ${kindsAmong(machines)}.`,
    ...(leftOut.length === 0
      ? []
      : [`Columns that do not fit: ${leftOut.map(({ heading }) => heading).join(', ')}.`]),
    ...adviceOn(machines),
  ];
  const lines = remarks.flatMap((remark) => wrapText(remark, layout.width));
  return text + lines.map((line) => `${layout.style('faint', line)}\n`).join('');
}

function kindsAmong(machines: readonly KnownMachine[]): string {
  const categories = machines.map((machine) => of(machine).category);
  const known = [...new Set(categories.map(knownValue))].filter((category) => category !== undefined).sort();
  const amountOf = (wanted: (category: Known<string>) => boolean): number => categories.filter(wanted).length;
  const amounts: readonly (readonly [amount: number, kind: string])[] = [
    ...known.map((kind) => [amountOf((category) => category === kind), kind] as const),
    [amountOf((category) => category === null), 'untagged'],
    [amountOf(isUnknown), 'unknown'],
  ];
  return amounts
    .filter(([amount]) => amount > 0)
    .map(([amount, kind]) => `${amount} ${kind}`)
    .join(', ');
}

/** A command that tags an untagged VM, preferably one with a guess. */
function adviceOn(machines: readonly KnownMachine[]): readonly string[] {
  const untagged = machines.filter((machine) => of(machine).category === null);
  const machine = untagged.find(({ name }) => guessCategory(name) !== null) ?? untagged[0];
  if (machine === undefined) return [];
  return [`To tag: ${tagCommand(machine, guessCategory(machine.name) ?? 'CATEGORY')}`];
}

/** The same as JSON. */
export function machineListDocument(
  uri: string,
  machines: readonly KnownMachine[],
  diagnostics: KnownMachines['diagnostics'],
): MachineListDocument {
  return {
    schema: 'portal-gun/machine-list/v1',
    connect: uri,
    machines: machines.map((machine) => {
      const { name, uuid, state, hasManagedSave, definition, live } = machine;
      const { type, title, description, category } = of(machine);
      return {
        name,
        uuid,
        category,
        guess: category === null ? guessCategory(name) : null,
        state,
        hasManagedSave,
        hypervisor: type,
        title,
        description,
        definition: definition && phaseDocument(definition.machine),
        live: live && phaseDocument(live.machine),
      };
    }),
    diagnostics,
  };
}

function phaseDocument({ category, memoryBytes, vcpus, devices }: Machine): MachinePhase {
  return {
    category,
    memoryBytes,
    vcpus,
    devices: devices.flatMap(deviceDocument),
  };
}

function deviceDocument({ device }: GivenDevice): MachinePhase['devices'] {
  switch (device.kind) {
    case 'hostdev':
    case 'interface':
    case 'nvme':
      return [{ kind: device.kind, address: device.address }];
    case 'mdev':
      return [{ kind: device.kind, uuid: device.uuid }];
    case 'vdpa':
      return [{ kind: device.kind, path: device.path }];
    case 'pool-interface':
      return [{ kind: device.kind, network: device.network }];
    case 'argument':
      return [
        {
          kind: device.kind,
          address: device.address,
          uuid: device.uuid,
          path: device.path,
          text: device.text,
        },
      ];
    // It is reported as a diagnostic.
    case 'unread':
      return [];
  }
}

/** Why no VM of some types is listed, as a line without the name of the program. */
export function renderNoMachines(machines: readonly KnownMachine[], types: readonly string[]): string {
  if (machines.length === 0) return 'libvirt has no VMs\n';
  const untagged = machines.filter((machine) => mainDocument(machine).machine.category === null).length;
  if (types.length === 0) return 'no VM is untagged\n';
  const meant = types.map(nearCategory).find((near) => near !== undefined);
  return [
    `no VM is tagged ${types.join(' or ')}`,
    ...(meant === undefined ? [] : [`did you mean ${meant}?`]),
    ...(untagged === 0 ? [] : [`${count(untagged, 'VM')} untagged: portal list --untagged`]),
  ]
    .join('; ')
    .concat('\n');
}
