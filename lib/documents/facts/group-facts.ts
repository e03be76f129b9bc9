import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, count, hexAddress, known, text } from './basic-facts.ts';
import { briefDevice } from './device-facts.ts';

export const group = z
  .object({
    id: count,
    type: known(text).describe("The type of its default domain, in the kernel's word: DMA-FQ, identity …"),
    reservedRegions: known(
      z.array(
        z.object({
          start: hexAddress,
          end: hexAddress,
          kind: text.describe("The kernel's word: direct, direct-relaxable, reserved, msi."),
        }),
      ),
    ).describe('Ranges of I/O virtual addresses that the IOMMU reserves.'),
    verdict: z
      .enum(['ready', 'bindable', 'unknown', 'never'])
      .describe(
        'ready: it could be given to a VM now. bindable: once the members that obstacles name are bound to vfio-pci. unknown: what it depends on could not be read. never: not on this host.',
      ),
    obstacles: z.array(
      z.object({
        code: z
          .string()
          .regex(/^[A-Z][A-Z0-9_]*$/)
          .describe('Stable name.'),
        subject: address
          .nullable()
          .describe('The member that it is about; null where it is about the whole group.'),
        message: text,
      }),
    ),
    devices: z
      .array(
        z.object({
          ...briefDevice.shape,
          stays: z
            .boolean()
            .describe('Ports and bridges stay with the host when the rest of the group goes.'),
          behind: address
            .nullable()
            .describe(
              'The member that makes its bus though it is no bridge (a VMD controller): it goes with that one, never on its own.',
            ),
        }),
      )
      .min(1)
      .describe('Its members, by address.'),
  })
  .meta({ id: 'facts#group', description: 'An IOMMU group.' });

/** An IOMMU group. */
export type GroupFacts = DocumentOf<typeof group>;
