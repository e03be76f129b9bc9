import { count, escapeControls } from '../../base/text.ts';
import type { MachineCheckDocument } from '../../documents/machines/machine-check.ts';
import type { DefinitionFault } from '../../machines/definition/definition-fault.ts';
import type { MachineCheck } from '../../operations/project/check-machines.ts';

/** Every fault with its place, and how many there are. */
export function renderMachineCheck({ machines, faults }: MachineCheck): string {
  const all = [...faults, ...machines.flatMap((machine) => machine.faults)];
  const bad = machines.filter((machine) => machine.faults.length > 0).length;
  const summary =
    all.length === 0
      ? `${count(machines.length, 'machine')}: no faults`
      : `${count(all.length, 'fault')} in ${bad} of ${count(machines.length, 'machine')}`;
  return `${all.map(faultLines).join('')}${summary}\n`;
}

function faultLines({ at, message, hint }: DefinitionFault): string {
  const line = `${escapeControls(at)}: ${escapeControls(message)}\n`;
  return hint === null ? line : `${line}  hint: ${escapeControls(hint)}\n`;
}

/** The same as JSON. */
export function machineCheckDocument({ root, machines, faults }: MachineCheck): MachineCheckDocument {
  return { schema: 'portal-gun/machine-check/v1', root, machines, faults };
}
