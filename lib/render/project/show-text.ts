import { stringify } from 'yaml';
import { escapeControls } from '../../base/text.ts';
import type { MachineShowDocument } from '../../documents/machines/machine-show.ts';
import { writtenForm } from '../../machines/definition/written-form.ts';
import type { ShownMachine } from '../../operations/project/show-machine.ts';
import { tableBlock } from '../layout/table-block.ts';

/** A definition as a file would spell it out. */
export function renderShownMachine({ definition }: ShownMachine): string {
  return escapeLines(stringify(writtenForm(definition), { lineWidth: 0 }));
}

/** Each value of a definition, with where it comes from. */
export function renderOrigins({ values }: ShownMachine, width: number | null): string {
  const rows = values.map(({ path, value, origin }) => [
    pathText(path),
    escapeControls(typeof value === 'object' ? JSON.stringify(value) : String(value)),
    origin.kind === 'file' ? escapeControls(origin.at) : origin.kind,
  ]);
  return tableBlock(rows, width);
}

/** The same as JSON. */
export function machineShowDocument({ folder, definition, values }: ShownMachine): MachineShowDocument {
  return {
    schema: 'portal-gun/machine-show/v1',
    name: folder.name,
    folder: folder.path,
    file: folder.file,
    definition: writtenForm(definition),
    origins: values.map(({ path, origin }) => ({
      path,
      origin: origin.kind,
      at: origin.kind === 'file' ? origin.at : null,
    })),
  };
}

/** A path as people write it: `nics[0].network`. */
function pathText(path: readonly (string | number)[]): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('');
}

function escapeLines(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}
