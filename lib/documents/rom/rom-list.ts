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
              'read: it was read. failed: it was tried. refused: something works with the device. untried: it was not asked for.',
            ),
          problem: z.string().nullable().describe('Why it was not read, for a person.'),
          contents: romContents.nullable().describe('What is in it; null where it was not read.'),
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
              'What the machines that are given it get of it at their next start; unknown where no libvirt was asked.',
            ),
        }),
      )
      .describe('The devices that have an option ROM, by address.'),
    diagnostics,
  })
  .meta({ id: 'rom-list', title: 'pci rom list --json' });

/** `pci rom list --json`. */
export type RomListDocument = DocumentOf<typeof romListDocument>;
