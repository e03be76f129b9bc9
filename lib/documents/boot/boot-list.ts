import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';
import { bootAssets, problem } from './store-parts.ts';

const bootListDocument = z
  .object({
    schema: z.literal('portal-gun/boot-list/v1'),
    boot: z.array(
      z.object({
        name: text,
        problem,
        assets: bootAssets.nullable().describe('null if the record is damaged.'),
      }),
    ),
  })
  .meta({ id: 'boot-list', title: 'portal boot list --json' });

/** `portal boot list --json`. */
export type BootListDocument = DocumentOf<typeof bootListDocument>;
