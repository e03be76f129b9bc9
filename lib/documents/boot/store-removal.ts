import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';

const storeRemovalDocument = z
  .object({
    schema: z.literal('portal-gun/store-removal/v1'),
    name: text,
    files: z.array(text).describe('Absolute paths. Files that other names need stay.'),
    freedBytes: z.int(),
    removed: z.boolean().describe('false with --dry-run.'),
  })
  .meta({ id: 'store-removal', title: 'portal boot remove --json, portal image remove --json' });

/** `portal boot remove --json` and `portal image remove --json`. */
export type StoreRemovalDocument = DocumentOf<typeof storeRemovalDocument>;
