import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { romRegister } from '../facts/bar-facts.ts';
import { address, diagnostics, host, unknownFact } from '../facts/basic-facts.ts';
import { deviceClass, driver, namedId } from '../facts/device-facts.ts';
import { romContents, romVerdicts } from './option-rom.ts';

const romListDocument = z
  .object({
    schema: z.literal('portal-gun/rom-list/v1'),
    host,
    roms: z
      .array(
        z.object({
          address,
          vendor: namedId,
          device: namedId,
          class: deviceClass,
          driver,
          rom: romRegister.describe('The register of its ROM.'),
          reading: z
            .enum(['read', 'failed', 'refused', 'untried'])
            .describe(
              'read: the ROM was read. failed: the read failed. refused: the device is in use. untried: not requested.',
            ),
          problem: z.string().nullable().describe('Why it was not read, as text for a user.'),
          contents: romContents.nullable().describe('The contents; null if the ROM was not read.'),
          verdicts: romVerdicts,
          machines: z
            .union([
              z.array(
                z.object({
                  machine: z.string(),
                  rom: z.enum(['on', 'off', 'file']),
                  file: z.string().nullable(),
                }),
              ),
              unknownFact,
            ])
            .describe(
              'The ROM setting of each VM that has the device, for its next start; unknown if libvirt was not asked.',
            ),
        }),
      )
      .describe('The devices that have an option ROM, by address.'),
    diagnostics,
  })
  .meta({ id: 'rom-list', title: 'pci rom list --json' });

/** `pci rom list --json`. */
export type RomListDocument = DocumentOf<typeof romListDocument>;
