import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, text } from '../facts/basic-facts.ts';
import { applyReport } from './apply-report.ts';
import { boundUntilReboot } from './pending-recovery.ts';

const recoverDocument = z
  .object({
    schema: z.literal('portal-gun/recover/v1'),
    recovery: z.enum(['undo', 'finish']).describe('What was asked for: undo, or with --finish finish.'),
    changes: z
      .array(
        z.object({
          startedAt: text.describe('ISO 8601, UTC.'),
          title: text.describe('Of the plan.'),
          report: applyReport,
        }),
      )
      .describe(
        'Those that were cut short or not confirmed, the oldest first, with what came of each. Empty where there was nothing to recover.',
      ),
    missing: z
      .array(
        z.object({
          kind: z.enum(['binding', 'vfs']),
          address: address.describe('That it was written down with.'),
          state: text.describe('As pci bindings, or pci sriov list, have it.'),
        }),
      )
      .describe('What is persisted and not in force afterwards, and was not left as it has to be.')
      .optional(),
    leftBound: z
      .array(boundUntilReboot)
      .describe(
        'Devices that stay on a VFIO driver until the next boot though the change that bound them is undone, as of one that a boot in between had bound early; with the command that gives each back now. Not there if that could not be read.',
      )
      .optional(),
  })
  .meta({ id: 'recover', title: 'pci recover --json' });

/** `pci recover --json`. */
export type RecoverDocument = DocumentOf<typeof recoverDocument>;
