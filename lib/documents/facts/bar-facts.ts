import * as z from 'zod';
import { hexAddress, known } from './basic-facts.ts';

export const bar = z
  .object({
    index: z.int().min(0).max(5).describe('0 to 5; a 64-bit register takes two, and its index is the first.'),
    kind: z.enum(['memory', 'io']),
    address: hexAddress.nullable().describe('Its address on the host; null while it is not assigned.'),
    sizeBytes: z.int().min(1),
    width: z.literal([32, 64]).nullable().describe('Bits of address; null for I/O.'),
    prefetchable: z.boolean(),
  })
  .meta({ id: 'facts#bar' });

export const bars = known(z.array(bar)).meta({
  id: 'facts#bars',
  description: 'The base address registers in use, by index.',
});

export const romRegister = known(
  z.object({
    address: hexAddress.nullable(),
    sizeBytes: z.int().min(1),
    isShadow: z
      .boolean()
      .describe("Whether the kernel returns the firmware's copy for the boot display instead.")
      .optional(),
  }),
).meta({ id: 'facts#rom', description: 'The register of the expansion ROM.' });
