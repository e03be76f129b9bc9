import { escapeControls } from '../../base/text.ts';
import type { MachineStatusDocument } from '../../documents/machines/machine-status.ts';
import type {
  DefinitionState,
  MachineStatus,
  ProjectStatus,
} from '../../operations/project/machine-status.ts';
import { tableBlock } from '../layout/table-block.ts';

const HEADINGS = ['NAME', 'TYPE', 'STATE', 'DEFINITION', 'CONSOLE'];

const DEFINITION_WORDS: Readonly<Record<DefinitionState, string>> = {
  absent: 'not created',
  current: 'current',
  changed: 'changed: portal up',
  'needs-restart': 'needs restart',
  unknown: 'unknown',
};

/** Machines, a row each. */
export function renderStatus({ machines }: ProjectStatus, width: number | null): string {
  const rows = machines.map((machine) => [
    escapeControls(machine.name),
    escapeControls(machine.category),
    machine.state ?? 'unknown',
    DEFINITION_WORDS[machine.definition],
    escapeControls(machine.console ?? '-'),
  ]);
  return tableBlock([HEADINGS, ...rows], width);
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
