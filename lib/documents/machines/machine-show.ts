import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { anyObject, text } from '../facts/basic-facts.ts';

const machineShowDocument = z
  .object({
    schema: z.literal('portal-gun/machine-show/v1'),
    name: text,
    folder: z.string().describe('Absolute.'),
    file: z.string().describe('The definition, from the root of the project.'),
    definition: anyObject.describe(
      'The definition with every default, in the form of its file: schema machine-definition.',
    ),
    origins: z
      .array(
        z.object({
          path: z
            .array(z.union([z.string(), z.int().min(0)]))
            .describe('Keys and indices: ["cpus", "count"].'),
          origin: z.enum(['file', 'default']),
          at: z.string().nullable().describe('File, line and column; null for a default.'),
        }),
      )
      .describe('Where each value comes from.'),
  })
  .meta({ id: 'machine-show', title: 'portal show --json' });

/** `portal show --json`. */
export type MachineShowDocument = DocumentOf<typeof machineShowDocument>;
