import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';

const fault = z.object({
  at: z.string().describe('File, line and column: machines/r0/machine.yaml:4:9.'),
  message: text,
  hint: z.string().nullable().describe('What to do; null if the message says it.'),
});

const machineCheckDocument = z
  .object({
    schema: z.literal('portal-gun/machine-check/v1'),
    root: z.string().describe('The directory of the project.'),
    machines: z
      .array(
        z.object({
          name: text,
          file: z.string().describe('The definition, from the root of the project.'),
          category: z.string().nullable().describe('null if the definition has a fault.'),
          faults: z.array(fault).describe('Everything that is wrong with the folder; empty if nothing is.'),
        }),
      )
      .describe('The machines that were checked, sorted by name.'),
    faults: z.array(fault).describe('What is wrong with files of the project that belong to no machine.'),
  })
  .meta({ id: 'machine-check', title: 'portal check --json' });

/** `portal check --json`. */
export type MachineCheckDocument = DocumentOf<typeof machineCheckDocument>;
