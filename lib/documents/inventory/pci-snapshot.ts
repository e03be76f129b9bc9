import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { host, text } from '../facts/basic-facts.ts';

const pciSnapshotDocument = z
  .object({
    schema: z.literal('portal-gun/pci-snapshot/v1'),
    host,
    file: text.describe('The path of the file, as given.'),
    identifiers: z
      .enum(['raw', 'replaced'])
      .describe(
        'Whether serial numbers, MACs, the host name and UUIDs are original (raw), or replaced by stand-ins.',
      ),
  })
  .meta({ id: 'pci-snapshot', title: 'pci snapshot --output FILE --json' });

/** `pci snapshot --json`. */
export type PciSnapshotDocument = DocumentOf<typeof pciSnapshotDocument>;
