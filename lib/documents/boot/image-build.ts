import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';
import { storedImage } from './store-parts.ts';

const imageBuildDocument = z
  .object({
    schema: z.literal('portal-gun/image-build/v1'),
    name: text,
    suite: text.describe('The codename of the release.'),
    sizeBytes: z.int().describe('What a guest sees.'),
    packages: z.array(text).describe('Those that are asked for; what they depend on is installed too.'),
    sources: z.array(text).describe('Lines of sources.list.'),
    image: storedImage.nullable().describe('null with --dry-run.'),
  })
  .meta({ id: 'image-build', title: 'portal image build --json' });

/** `portal image build --json`. */
export type ImageBuildDocument = DocumentOf<typeof imageBuildDocument>;
