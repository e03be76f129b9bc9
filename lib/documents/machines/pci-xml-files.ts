import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, host, text } from '../facts/basic-facts.ts';

const pciXmlFilesDocument = z
  .object({
    schema: z.literal('portal-gun/pci-xml-files/v1'),
    host,
    folder: text.describe('The path as given.'),
    files: z
      .array(
        z.object({
          address,
          file: z
            .string()
            .regex(/^pci_[0-9a-f]{4}_[0-9a-f]{2}_[0-9a-f]{2}_[0-7]\.xml$/)
            .describe('Its name in the folder.'),
          outcome: z
            .enum(['written', 'replaced', 'unchanged'])
            .describe('unchanged: the file was there with the same content.'),
        }),
      )
      .describe('A file for each device that can be passed to a VM.'),
    leftOut: z
      .array(z.object({ address, why: text.describe('Text for a user.') }))
      .describe('Devices that cannot be passed to a VM.'),
  })
  .meta({ id: 'pci-xml-files', title: 'pci xml --all --json' });

/** `pci xml --all --json`. */
export type PciXmlFilesDocument = DocumentOf<typeof pciXmlFilesDocument>;
