import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';
import { problem, storedImage } from './store-parts.ts';

const imageListDocument = z
  .object({
    schema: z.literal('portal-gun/image-list/v1'),
    images: z.array(
      z.object({
        name: text,
        problem,
        image: storedImage.nullable().describe('null if the record is damaged.'),
      }),
    ),
  })
  .meta({ id: 'image-list', title: 'portal image list --json' });

/** `portal image list --json`. */
export type ImageListDocument = DocumentOf<typeof imageListDocument>;
