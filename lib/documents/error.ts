import * as z from 'zod';
import type { DocumentOf } from './document.ts';
import { text } from './facts/basic-facts.ts';

export const errorDocument = z
  .object({
    schema: z.literal('portal-gun/error/v1'),
    error: z.object({
      code: z
        .string()
        .regex(/^[A-Z][A-Z0-9_]*$/)
        .describe('Stable name.'),
      exit: z
        .enum([
          'findings',
          'usage',
          'notFound',
          'refused',
          'permission',
          'unsupported',
          'toolFailed',
          'partial',
          'internal',
          'interrupted',
          'terminated',
        ])
        .describe('The name of the exit code.'),
      exitCode: z.int().min(1).max(255),
      subject: z.string().nullable().describe('The subject: an address, a path, an option.'),
      message: text.describe('The problem, as text for a user.'),
      hint: text.describe('The suggested action, as text for a user.'),
      causes: z.array(z.string()).describe('The messages of the causes, the direct cause first.'),
    }),
  })
  .meta({ id: 'error', title: 'Output of any command with --json if it fails' });

/** The output of any command with `--json` if it fails. */
export type ErrorDocument = DocumentOf<typeof errorDocument>;
