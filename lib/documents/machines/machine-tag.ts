import * as z from 'zod';
import { planDocument } from '../changes/plan.ts';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';
import { category, uuid } from './machine-list.ts';

const machineTagDocument = z
  .object({
    schema: z.literal('portal-gun/machine-tag/v1'),
    connect: z.string().describe('The URI of the libvirt, as for virsh.'),
    category: z.string().nullable().describe('The new tag of the VMs; null for untagged.'),
    dryRun: z.boolean().describe('Whether this was a dry run, which changes nothing.'),
    machines: z
      .array(
        z.object({
          name: text,
          uuid,
          before: category.describe('The earlier tag; null for untagged.'),
          changes: z
            .array(z.enum(['definition', 'live']))
            .describe('The changed places: the definition, the running VM; empty if no change was needed.'),
        }),
      )
      .describe('The VMs, in the order in which they were named.'),
    steps: planDocument.shape.steps.describe('The plan.').optional(),
    report: planDocument.shape.report.describe('The result; null if the plan was not applied.').optional(),
  })
  .meta({ id: 'machine-tag', title: 'portal tag --json' });

/** `portal tag --json`. */
export type MachineTagDocument = DocumentOf<typeof machineTagDocument>;
