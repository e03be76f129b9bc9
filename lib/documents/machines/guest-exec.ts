import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';

const guestExecDocument = z
  .object({
    schema: z.literal('portal-gun/guest-exec/v1'),
    machine: text.describe('Name or UUID, as given.'),
    ended: z
      .enum(['exit', 'timeout', 'too-much-output', 'cancelled'])
      .describe('too-much-output: more than 16 MiB. cancelled: by a signal.'),
    status: z
      .int()
      .min(0)
      .max(255)
      .nullable()
      .describe('Exit status of the command, 128 + N if signal N ended it; null if it was ended.'),
    stdout: z.string().describe('As UTF-8 text; other bytes are replaced.'),
    stderr: z.string(),
  })
  .meta({ id: 'guest-exec', title: 'portal exec --json, portal run --json' });

/** `portal exec --json` and `portal run --json`. */
export type GuestExecDocument = DocumentOf<typeof guestExecDocument>;
