import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, text } from '../facts/basic-facts.ts';
import { applyReport } from './apply-report.ts';
import { boundUntilReboot } from './pending-recovery.ts';

const recoverDocument = z
  .object({
    schema: z.literal('portal-gun/recover/v1'),
    recovery: z.enum(['undo', 'finish']).describe('The requested action: undo, or finish with --finish.'),
    changes: z
      .array(
        z.object({
          startedAt: text.describe('ISO 8601, UTC.'),
          title: text.describe('The title of the plan.'),
          report: applyReport,
        }),
      )
      .describe(
        'The changes that were interrupted or not confirmed, the oldest first, with the result of each. Empty if there was nothing to recover.',
      ),
    missing: z
      .array(
        z.object({
          kind: z.enum(['binding', 'vfs']),
          address: address.describe('The recorded address.'),
          state: text.describe('The state, as in pci bindings or pci sriov list.'),
        }),
      )
      .describe('Persisted settings that are not in force after the recovery.')
      .optional(),
    leftBound: z
      .array(boundUntilReboot)
      .describe(
        'Devices that stay on a VFIO driver until the next boot although the change that bound them is undone, for example because an intermediate boot bound them early; with the command that returns each to the host now. Omitted if this could not be read.',
      )
      .optional(),
  })
  .meta({ id: 'recover', title: 'pci recover --json' });

/** `pci recover --json`. */
export type RecoverDocument = DocumentOf<typeof recoverDocument>;
