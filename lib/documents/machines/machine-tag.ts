import * as z from 'zod';
import { planDocument } from '../changes/plan.ts';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';
import { category, uuid } from './machine-list.ts';

const machineTagDocument = z
  .object({
    schema: z.literal('portal-gun/machine-tag/v1'),
    connect: z.string().describe('The libvirt that was asked, as virsh takes it.'),
    category: z.string().nullable().describe('What the machines are tagged with; null for untagged.'),
    dryRun: z.boolean().describe('Whether nothing was changed, since that was asked.'),
    machines: z
      .array(
        z.object({
          name: text,
          uuid,
          before: category.describe('What it was tagged with; null for untagged.'),
          changes: z
            .array(z.enum(['definition', 'live']))
            .describe(
              'Where it was not so: in its definition, in what runs; empty where there was nothing to do.',
            ),
        }),
      )
      .describe('The machines, in the order in which they were named.'),
    steps: planDocument.shape.steps.describe('The plan.').optional(),
    report: planDocument.shape.report.describe('What came of it; null if it was not applied.').optional(),
  })
  .meta({ id: 'machine-tag', title: 'portal tag --json' });

/** `portal tag --json`. */
export type MachineTagDocument = DocumentOf<typeof machineTagDocument>;
