import * as z from 'zod';

export const applyReport = z
  .object({
    outcome: z
      .enum(['done', 'undone', 'stuck'])
      .describe('done: changed as requested. undone: restored. stuck: neither; pci recover continues.'),
    interrupted: z.boolean(),
    awaitsConfirmation: z
      .boolean()
      .describe('Whether the change is made, and is undone automatically unless pci confirm comes in time.'),
    steps: z.array(
      z.object({
        words: z.string(),
        outcome: z.enum(['done', 'already', 'undone', 'left', 'stuck', 'untouched']),
        problem: z.string().nullable(),
        problemCode: z
          .string()
          .nullable()
          .describe('The code of the problem (see the reference of problems); null if there is none.'),
      }),
    ),
  })
  .meta({ id: 'plan#report' });
