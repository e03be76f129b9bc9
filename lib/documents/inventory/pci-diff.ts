import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { diagnostics, host, text } from '../facts/basic-facts.ts';
import { briefDevice } from '../facts/device-facts.ts';

const factValue = z
  .union([z.union([z.string(), z.number(), z.boolean()]).nullable(), z.array(z.string())])
  .meta({
    id: 'pci-diff#value',
    description: 'null for absent. A fact that one side could not read is not a change.',
  });

const pciDiffDocument = z
  .object({
    schema: z.literal('portal-gun/pci-diff/v1'),
    before: host,
    after: host,
    differences: z
      .array(
        z.object({
          kind: z
            .enum(['came', 'gone', 'moved', 'changed'])
            .describe('moved: the same device by its identity, at another address.'),
          before: briefDevice.nullable().describe('null if the device is new.'),
          after: briefDevice.nullable().describe('null if the device is gone.'),
          changes: z.array(
            z.object({
              fact: text.describe('The name of the fact.'),
              before: factValue,
              after: factValue,
            }),
          ),
        }),
      )
      .describe('By address. Empty if there is no difference; otherwise the exit code is 1.'),
    diagnostics,
  })
  .meta({ id: 'pci-diff', title: 'pci diff --json' });

/** `pci diff --json`. */
export type PciDiffDocument = DocumentOf<typeof pciDiffDocument>;
