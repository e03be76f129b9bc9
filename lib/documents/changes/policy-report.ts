import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';
import { planDocument } from './plan.ts';

const policyReportDocument = z
  .object({
    schema: z.literal('portal-gun/policy-report/v1'),
    policy: text.describe('The file, as it was named.'),
    different: z
      .boolean()
      .describe('Whether the host was not as the policy says. The exit status of --check is 1 then.'),
    plans: z
      .array(planDocument)
      .min(1)
      .describe(
        'What brings the host to it, each as a plan of its own; a second one where virtual functions had to be made first.',
      ),
    postponed: z
      .array(
        z.object({
          at: z.string().describe('Where the policy says it: file, line, column.'),
          device: z.string().describe('Which devices it means.'),
        }),
      )
      .describe("What can't be told before virtual functions are there."),
  })
  .meta({ id: 'policy-report', title: 'pci apply --json' });

/** `pci apply --json`. */
export type PolicyReportDocument = DocumentOf<typeof policyReportDocument>;
