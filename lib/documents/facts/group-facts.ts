import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, count, hexAddress, known, text } from './basic-facts.ts';
import { briefDevice } from './device-facts.ts';

export const group = z
  .object({
    id: count,
    type: known(text).describe('The type of its default domain, as in the kernel: DMA-FQ, identity …'),
    reservedRegions: known(
      z.array(
        z.object({
          start: hexAddress,
          end: hexAddress,
          kind: text.describe('The kind, as in the kernel: direct, direct-relaxable, reserved, msi.'),
        }),
      ),
    ).describe('Ranges of I/O virtual addresses that the IOMMU reserves.'),
    verdict: z
      .enum(['ready', 'bindable', 'unknown', 'never'])
      .describe(
        'ready: it can be passed to a VM now. bindable: it can be passed to a VM after the members in obstacles are bound to vfio-pci. unknown: the necessary facts could not be read. never: not possible on this host.',
      ),
    obstacles: z.array(
      z.object({
        code: z
          .string()
          .regex(/^[A-Z][A-Z0-9_]*$/)
          .describe('Stable name.'),
        subject: address.nullable().describe('The member with the obstacle; null for the whole group.'),
        message: text,
      }),
    ),
    devices: z
      .array(
        z.object({
          ...briefDevice.shape,
          stays: z
            .boolean()
            .describe(
              'Whether it stays with the host when the rest of the group is passed through, as ports and bridges do.',
            ),
          behind: address
            .nullable()
            .describe(
              'The member that provides its bus but is not a bridge (a VMD controller); the device can be passed through only with that member.',
            ),
        }),
      )
      .min(1)
      .describe('Its members, by address.'),
  })
  .meta({ id: 'facts#group', description: 'An IOMMU group.' });

/** An IOMMU group. */
export type GroupFacts = DocumentOf<typeof group>;
