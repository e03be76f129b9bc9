import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';
import { planDocument } from './plan.ts';

const policyReportDocument = z
  .object({
    schema: z.literal('portal-gun/policy-report/v1'),
    policy: text.describe('The path of the file, as given.'),
    different: z
      .boolean()
      .describe('Whether the host differed from the policy. If it did, the exit code of --check is 1.'),
    plans: z
      .array(planDocument)
      .min(1)
      .describe('The plans that bring the host to the policy; a second plan if VFs had to be created first.'),
    postponed: z
      .array(
        z.object({
          at: z.string().describe('The position in the policy: file, line, column.'),
          device: z.string().describe('The devices that the entry selects.'),
        }),
      )
      .describe('Entries that cannot be planned before their VFs exist.'),
  })
  .meta({ id: 'policy-report', title: 'pci apply --json' });

/** `pci apply --json`. */
export type PolicyReportDocument = DocumentOf<typeof policyReportDocument>;
