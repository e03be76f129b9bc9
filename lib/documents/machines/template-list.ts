import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';

const templateListDocument = z
  .object({
    schema: z.literal('portal-gun/template-list/v1'),
    templates: z.array(
      z.object({
        name: z.string().describe('As portal new takes it: router/universe.'),
        summary: text,
        questions: z
          .array(
            z.object({
              name: text,
              question: text,
              form: z
                .string()
                .describe('The form of an answer: text, size, integer, flag, name, bridge, selector.'),
              default: z.string().nullable().describe('null if only a person can know it.'),
            }),
          )
          .describe('The values that it needs.'),
      }),
    ),
  })
  .meta({ id: 'template-list', title: 'portal templates --json' });

/** `portal templates --json`. */
export type TemplateListDocument = DocumentOf<typeof templateListDocument>;
