import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, host } from '../facts/basic-facts.ts';
import { inspectedDevice, romContents, romSource, romVerdicts } from './option-rom.ts';

export const romInspectDocument = z
  .object({
    schema: z.literal('portal-gun/rom-inspect/v1'),
    host: host.nullable().describe('null if no host was read.'),
    source: romSource,
    device: inspectedDevice,
    rom: romContents,
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    sound: z.boolean().describe('Whether no verdict is bad. If false, the exit code is 1.'),
    verdicts: romVerdicts,
    meant: z
      .array(address)
      .nullable()
      .describe(
        'The devices of the host that the ROM names; null if it was checked for one device, or no host was read.',
      ),
  })
  .meta({ id: 'rom-inspect', title: 'pci rom inspect --json' });

/** `pci rom inspect --json`. */
export type RomInspectDocument = DocumentOf<typeof romInspectDocument>;
