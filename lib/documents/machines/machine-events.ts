import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';

const machineEventsDocument = z
  .object({
    schema: z.literal('portal-gun/machine-events/v1'),
    machine: z.string().describe('The name of the machine.'),
    events: z
      .array(
        z.object({
          event: z

            .enum([
              'prepare',
              'start',
              'started',
              'device-added',
              'device-removed',
              'failed-start',
              'stopped',
              'release',
            ])
            .describe('The event.'),
          at: z.string().describe('Its start, ISO 8601 in UTC.'),
          durationMs: z.int().min(0),
          reason: text
            .nullable()
            .describe('Why the VM stopped, as libvirt reports it; null if it reports none.'),
          device: text.nullable().describe('The device that was added or removed; null for other events.'),
          scripts: z
            .array(
              z.object({
                path: text.describe('Its path among installed scripts: prepare.d/10-x.'),
                order: z.int().min(0),
                outcome: z
                  .enum(['done', 'failed', 'timed-out', 'not-run'])
                  .describe('not-run: an earlier script failed, and the event halted.'),
                exitCode: z
                  .int()
                  .nullable()
                  .describe('null if it did not run, was ended, or could not be started.'),
                detail: text
                  .nullable()
                  .describe('Why it failed without an exit code; null if it has one, or did not run.'),
                durationMs: z.int().min(0),
                output: z.string().describe('The end of its output, stdout and stderr together.'),
                isCut: z.boolean().describe('Whether its output was longer.'),
              }),
            )
            .describe('In the order in which they ran.'),
        }),
      )
      .describe('The oldest first.'),
  })
  .meta({ id: 'machine-events', title: 'portal log --events --json' });

/** `portal log --events --json`. */
export type MachineEventsDocument = DocumentOf<typeof machineEventsDocument>;
