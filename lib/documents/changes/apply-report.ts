import * as z from 'zod';

export const applyReport = z
  .object({
    outcome: z
      .enum(['done', 'undone', 'stuck'])
      .describe('done: as asked. undone: as it was. stuck: neither; pci recover goes on.'),
    interrupted: z.boolean(),
    awaitsConfirmation: z
      .boolean()
      .describe('Whether it is done, and undone by itself unless pci confirm comes in time.'),
    steps: z.array(
      z.object({
        words: z.string(),
        outcome: z.enum(['done', 'already', 'undone', 'left', 'stuck', 'untouched']),
        problem: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'plan#report' });
