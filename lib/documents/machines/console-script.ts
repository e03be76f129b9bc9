import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { count, text } from '../facts/basic-facts.ts';
import { uuid } from './machine-list.ts';

const consoleScriptDocument = z
  .object({
    schema: z.literal('portal-gun/console-script/v1'),
    machine: z.object({
      name: text,
      uuid,
      state: z
        .enum(['running', 'paused', 'shut-off', 'other'])
        .describe('Before the script: --resume resumes a paused VM.'),
    }),
    outcome: z
      .enum(['done', 'timeout', 'closed', 'interrupted'])
      .describe('timeout: an expected text was not found in time. closed: the VM stopped.'),
    durationMs: count,
    steps: z
      .array(
        z.object({
          at: text.describe('File, line and column of the step: boot.yaml:4:5.'),
          kind: z.enum(['expect', 'send', 'wait']),
          words: text.describe('The step in words.'),
          outcome: z
            .enum(['done', 'timeout', 'pending'])
            .describe('pending: the script ended before this step did.'),
          endedMs: count
            .nullable()
            .describe('When it ended, from the start of the script; null if it did not.'),
        }),
      )
      .describe('All steps of the script, in order.'),
    transcript: z
      .string()
      .describe('What the guest printed while the script ran, without commands for a terminal.'),
    transcriptIsCut: z.boolean().describe('Whether the guest printed more, and only the end is here.'),
    failure: z
      .object({ code: z.string(), subject: z.string().nullable(), message: z.string(), hint: z.string() })
      .nullable()
      .describe('Why the script failed, as in the document of an error; null if it did not.'),
  })
  .meta({ id: 'console-script', title: 'portal console --script --json' });

/** `portal console --script --json`. */
export type ConsoleScriptDocument = DocumentOf<typeof consoleScriptDocument>;
