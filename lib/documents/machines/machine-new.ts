import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';

const machineNewDocument = z
  .object({
    schema: z.literal('portal-gun/machine-new/v1'),
    name: text,
    template: text,
    folder: z.string().describe('The new folder; absolute.'),
    files: z.array(text).describe('Paths in the folder.'),
    answers: z.record(text, z.string()).describe('The answers, by the names of the questions.'),
    defaulted: z.array(text).describe('The questions that got their default.'),
  })
  .meta({ id: 'machine-new', title: 'portal new --json' });

/** `portal new --json`. */
export type MachineNewDocument = DocumentOf<typeof machineNewDocument>;
