import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';
import { bootAssets } from './store-parts.ts';

const bootBuildDocument = z
  .object({
    schema: z.literal('portal-gun/boot-build/v1'),
    profile: text,
    distribution: text.describe('The id and codename of the system: debian bookworm.'),
    packages: z.array(z.object({ name: text, version: text, sizeBytes: z.int() })),
    missingModules: z
      .array(text)
      .describe('Modules of --module that the kernel does not have as modules: they may be built in.'),
    assets: bootAssets.nullable().describe('null with --dry-run.'),
  })
  .meta({ id: 'boot-build', title: 'portal boot build --json' });

/** `portal boot build --json`. */
export type BootBuildDocument = DocumentOf<typeof bootBuildDocument>;
