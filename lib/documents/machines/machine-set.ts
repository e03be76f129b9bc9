import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';

const machineSetDocument = z
  .object({
    schema: z.literal('portal-gun/machine-set/v1'),
    root: z.string().describe('The directory of the project.'),
    written: z
      .boolean()
      .describe('Whether files were written: not with --dry-run, and not if nothing changes.'),
    machines: z
      .array(
        z.object({
          name: text,
          file: z.string().describe('The definition, from the root of the project.'),
          changes: z
            .array(
              z.object({
                path: z
                  .array(z.union([z.string(), z.int().min(0)]))
                  .describe('Keys and indices: ["nics", 0, "model"].'),
                before: z
                  .unknown()
                  .describe('The value in the file before: text, a list or a mapping; null if it had none.'),
                after: z.string().nullable().describe('null if the key was removed.'),
              }),
            )
            .describe('Empty if the definition has all the values already.'),
        }),
      )
      .describe('The machines that were meant, sorted by name.'),
  })
  .meta({ id: 'machine-set', title: 'portal set --json' });

/** `portal set --json`. */
export type MachineSetDocument = DocumentOf<typeof machineSetDocument>;
