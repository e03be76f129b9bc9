import * as z from 'zod';
import type { DocumentOf } from './document.ts';
import { text } from './facts/basic-facts.ts';

const errorDocument = z
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
        .describe('The exit status by name.'),
      exitCode: z.int().min(1).max(255),
      subject: z.string().nullable().describe('What it is about: an address, a path, an option.'),
      message: text.describe('What happened, for a person.'),
      hint: text.describe('What to do, for a person.'),
      causes: z.array(z.string()).describe('The messages of what led to it, the nearest first.'),
    }),
  })
  .meta({ id: 'error', title: 'What any command prints with --json where it can not deliver' });

/** What any command prints with `--json` if it cannot deliver. */
export type ErrorDocument = DocumentOf<typeof errorDocument>;
