import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { host, text } from '../facts/basic-facts.ts';

const pciSnapshotDocument = z
  .object({
    schema: z.literal('portal-gun/pci-snapshot/v1'),
    host,
    file: text.describe('Where it was written, as it was given.'),
    identifiers: z
      .enum(['raw', 'replaced'])
      .describe(
        'Whether serial numbers, MACs, the host name and UUIDs are as they were, or stand-ins for them.',
      ),
  })
  .meta({ id: 'pci-snapshot', title: 'pci snapshot --output FILE --json' });

/** `pci snapshot --json`. */
export type PciSnapshotDocument = DocumentOf<typeof pciSnapshotDocument>;
