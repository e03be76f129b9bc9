import { escapeControls } from '../../base/text.ts';
import type { MachineStatusDocument } from '../../documents/machines/machine-status.ts';
import type {
  DefinitionState,
  MachineStatus,
  ProjectStatus,
} from '../../operations/project/machine/machine-status.ts';
import { type Cell, type ColumnLayout, layoutColumns } from '../layout/columns.ts';
import type { Style } from '../layout/style.ts';

const column = (heading: string, layout: Partial<ColumnLayout> = {}): ColumnLayout => ({
  ...{ heading, align: 'left', leastWidth: null, stays: false },
  ...layout,
});

const COLUMNS: readonly ColumnLayout[] = [
  column('NAME', { leastWidth: 12, stays: true }),
  column('TYPE', { leastWidth: 12 }),
  column('STATE', { stays: true }),
  column('DEFINITION', { stays: true }),
  column('CONSOLE', { leastWidth: 12 }),
];

const DEFINITION_WORDS: Readonly<Record<DefinitionState, string>> = {
  absent: 'not created',
  current: 'current',
  changed: 'changed: portal up',
  'needs-restart': 'needs restart',
  unknown: 'unknown',
};

/** The layout of rows for a terminal. */
export interface StatusLayout {
  readonly width: number | null;
  readonly style: Style;
}

/** Machines, a row each; then, a line each, what prevents that a definition is compared. */
export function renderStatus({ machines }: ProjectStatus, { width, style }: StatusLayout): string {
  const rows = machines.map((machine): readonly Cell[] => [
    { text: escapeControls(machine.name) },
    { text: escapeControls(machine.category) },
    { text: machine.state ?? 'unknown', ...(machine.state === 'running' ? { role: 'good' } : {}) },
    {
      text: DEFINITION_WORDS[machine.definition],
      ...(['current', 'absent'].includes(machine.definition) ? {} : { role: 'warning' }),
    },
    { text: escapeControls(machine.console ?? '-') },
  ]);
  const unknown = machines.filter(({ definition }) => definition === 'unknown');
  const reasons = unknown.flatMap(({ name, differences }) =>
    differences.map((reason) => `${escapeControls(name)}: ${escapeControls(reason)}\n`),
  );
  return layoutColumns(COLUMNS, rows, { width, header: true, style }).text + reasons.join('');
}

/** The same for programs. */
export function statusRows({ machines }: ProjectStatus): readonly (readonly string[])[] {
  return [
    ['name', 'category', 'state', 'definition', 'console'],
    ...machines.map(({ name, category, state, definition, console }: MachineStatus) => [
      name,
      category,
      state ?? '',
      definition,
      console ?? '',
    ]),
  ];
}

/** The same as JSON. */
export function statusDocument({ connect, root, machines }: ProjectStatus): MachineStatusDocument {
  return { schema: 'portal-gun/machine-status/v1', connect, root, machines };
}
