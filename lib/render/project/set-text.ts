import { count, escapeControls } from '../../base/text.ts';
import type { MachineSetDocument } from '../../documents/machines/machine-set.ts';
import type { SetMachines } from '../../operations/project/set-values.ts';
import { tableBlock } from '../layout/table-block.ts';

type Change = SetMachines['machines'][number]['changes'][number];

/** Each value that was changed, a line each, and how the change is applied. */
export function renderSet(set: SetMachines, width: number | null): string {
  const changed = set.machines.filter(({ changes }) => changes.length > 0);
  if (changed.length === 0) {
    return `Nothing to do: ${count(set.machines.length, 'definition')} without a change.\n`;
  }
  const rows = changed.flatMap(({ name, changes }) =>
    changes.map((change, index) => [index === 0 ? name : '', wordsOf(change)]),
  );
  const names = changed.map(({ name }) => name).join(' ');
  const ending = set.written
    ? `Apply it: portal up ${names}\nA running VM must be started again: portal reload ${names}\n`
    : 'Dry run: nothing was written.\n';
  return `${tableBlock(rows, width)}${ending}`;
}

/** The same as JSON. */
export function machineSetDocument({ root, written, machines }: SetMachines): MachineSetDocument {
  return { schema: 'portal-gun/machine-set/v1', root, written, machines };
}

function wordsOf({ path, before, after }: Change): string {
  return escapeControls(`${path.join('.')} ${valueText(before)} → ${valueText(after)}`);
}

function valueText(value: Change['before']): string {
  if (value === null) return '(not set)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
