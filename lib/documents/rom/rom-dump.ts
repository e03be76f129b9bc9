import * as z from 'zod';
import { planDocument } from '../changes/plan.ts';
import type { DocumentOf } from '../document.ts';
import { romRegister } from '../facts/bar-facts.ts';
import { host, text } from '../facts/basic-facts.ts';
import { inspectedDevice } from './option-rom.ts';
import { romInspectDocument } from './rom-inspect.ts';

const romDumpDocument = z
  .object({
    schema: z.literal('portal-gun/rom-dump/v1'),
    host,
    device: inspectedDevice,
    register: romRegister.describe('The register of its ROM.'),
    file: text.describe('An absolute path.'),
    outcome: z
      .enum(['written', 'replaced', 'unchanged', 'none'])
      .describe('unchanged: the file was there with the same content. none: nothing was read.'),
    findings: planDocument.shape.findings,
    read: romInspectDocument
      .omit({ schema: true, host: true })
      .nullable()
      .describe('The ROM, as in rom-inspect; null if none was read.'),
  })
  .meta({ id: 'rom-dump', title: 'pci rom dump --json' });

/** `pci rom dump --json`. */
export type RomDumpDocument = DocumentOf<typeof romDumpDocument>;
