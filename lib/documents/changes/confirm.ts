import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';

const confirmDocument = z
  .object({
    schema: z.literal('portal-gun/confirm/v1'),
    changes: z
      .array(
        z.object({
          startedAt: text.describe('ISO 8601, UTC.'),
          title: text.describe('The title of the plan.'),
        }),
      )
      .min(1)
      .describe('The confirmed changes. If no change awaited confirmation, the document is an error.'),
  })
  .meta({ id: 'confirm', title: 'pci confirm --json' });

/** `pci confirm --json`. */
export type ConfirmDocument = DocumentOf<typeof confirmDocument>;
