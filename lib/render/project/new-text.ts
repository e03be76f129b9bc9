import { count, escapeControls } from '../../base/text.ts';
import type { MachineNewDocument } from '../../documents/machines/machine-new.ts';
import type { TemplateListDocument } from '../../documents/machines/template-list.ts';
import type { CreatedMachine } from '../../operations/project/new/create-machine.ts';
import type { FoundTemplate } from '../../operations/project/new/find-template.ts';
import { tableBlock } from '../layout/table-block.ts';

/** What was created, and how to go on. */
export function renderCreatedMachine({ name, template, folder, files, defaulted }: CreatedMachine): string {
  const answers = defaulted.length === 0 ? '' : `; ${count(defaulted.length, 'answer')} by default`;
  return `Created ${escapeControls(folder)} from ${escapeControls(template)}: ${count(files.length, 'file')}${answers}\nCheck it: portal check ${name}\n`;
}

/** The same as JSON. */
export function machineNewDocument(created: CreatedMachine): MachineNewDocument {
  return { schema: 'portal-gun/machine-new/v1', ...created };
}

/** Templates, a line each. */
export function renderTemplates(templates: readonly FoundTemplate[], width: number | null): string {
  return tableBlock(
    templates.map(({ name, template }) => [escapeControls(name), escapeControls(template.summary)]),
    width,
  );
}

/** The same as JSON. */
export function templateListDocument(templates: readonly FoundTemplate[]): TemplateListDocument {
  return {
    schema: 'portal-gun/template-list/v1',
    templates: templates.map(({ name, template }) => ({ name, ...template })),
  };
}
