import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, text, unknownFact } from '../facts/basic-facts.ts';

export const boundUntilReboot = z
  .object({
    address,
    driver: text.describe('The current driver.'),
    command: text.describe('The command that returns it to the host.'),
  })
  .meta({ id: 'recover#boundUntilReboot' });

export const pendingRecovery = z
  .union([
    z.array(
      z.object({
        startedAt: text.describe('ISO 8601, UTC.'),
        title: text.describe('The title of the plan.'),
        standing: z
          .enum(['cut-short', 'overdue', 'awaiting'])
          .describe(
            'cut-short: interrupted, neither made nor undone. overdue: not confirmed in time. awaiting: can be confirmed.',
          ),
      }),
    ),
    unknownFact,
  ])
  .meta({
    id: 'recover#pending',
    description: 'Changes that were interrupted or await confirmation, the oldest first.',
  });

/** Changes that were interrupted or await confirmation. */
export type PendingRecovery = DocumentOf<typeof pendingRecovery>;
