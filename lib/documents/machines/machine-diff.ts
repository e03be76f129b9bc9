import * as z from 'zod';
import { change } from '../changes/change.ts';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';

const machineDiffDocument = z
  .object({
    schema: z.literal('portal-gun/machine-diff/v1'),
    root: z.string().describe('The directory of the project.'),
    machines: z
      .array(
        z.object({
          name: text,
          differences: z
            .array(z.object({ words: text, change }))
            .describe(
              'The changes of portal provision: from is the state of the guest, to that of the folder.',
            ),
          obstacles: z
            .array(
              z.object({
                what: z.string().describe('A path of the guest, or a setting.'),
                message: text,
              }),
            )
            .describe('What portal provision does not change, because it is unknown or has another form.'),
          checks: z
            .array(
              z.object({
                words: text,
                origin: z.string().describe('The module in the definition.'),
                met: z.boolean(),
              }),
            )
            .describe('The checks of modules, which ran in the guest.'),
          partial: z
            .boolean()
            .describe('Whether packages are missing: the rest is compared after they are installed.'),
        }),
      )
      .describe('The machines whose guests were compared, each after those that it starts after.'),
  })
  .meta({ id: 'machine-diff', title: 'portal diff --json' });

/** `portal diff --json`. */
export type MachineDiffDocument = DocumentOf<typeof machineDiffDocument>;
