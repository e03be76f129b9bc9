import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';
import { bootAssets, storedImage } from './store-parts.ts';

const bootImportDocument = z
  .object({
    schema: z.literal('portal-gun/boot-import/v1'),
    file: text.describe('An absolute path.'),
    name: text,
    kind: z.enum(['kernel', 'initramfs', 'package', 'image']),
    form: text.describe('What the file is: bzImage, ELF, arm64 Image, cpio, xz, deb, raw, qcow2, iso …'),
    kernelVersion: text.nullable(),
    assets: bootAssets.nullable().describe('null for an image, and with --dry-run.'),
    image: storedImage.nullable().describe('null for anything else, and with --dry-run.'),
    definition: text.nullable().describe('The lines for the definition of a machine; null with --dry-run.'),
  })
  .meta({ id: 'boot-import', title: 'portal boot import --json' });

/** `portal boot import --json`. */
export type BootImportDocument = DocumentOf<typeof bootImportDocument>;
