import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, host, text } from '../facts/basic-facts.ts';

export const pciXmlDocument = z
  .object({
    schema: z.literal('portal-gun/pci-xml/v1'),
    host: host.nullable().describe('null if a node device document was translated.'),
    devices: z
      .array(
        z.object({
          address: address
            .nullable()
            .describe(
              'The address of the device on the host; null for a root port that adds a slot to the VM, and for a pool of named VFs.',
            ),
          kind: z
            .enum(['hostdev', 'interface', 'pool', 'root-port'])
            .describe(
              'hostdev and interface pass a device through. pool is a network that provides VFs. root-port is a controller that the VM needs.',
            ),
          xml: z
            .string()
            .regex(/^<[a-z]/)
            .describe('The element, in the form of libvirt.'),
          notes: z
            .array(
              z.object({
                level: z
                  .enum(['ok', 'needs', 'loses', 'warns', 'blocks', 'unknown'])
                  .describe(
                    'ok: no action needed. needs: an action is needed first. loses: the host loses something. warns: it may work badly. blocks: no VM can start with it in the current state. unknown: could not be checked.',
                  ),
                code: z
                  .string()
                  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/)
                  .describe('Stable name.'),
                message: text.describe('Text for a user.'),
              }),
            )
            .describe('Notes on the device.'),
        }),
      )
      .describe('In the order of the output.'),
    findings: z
      .array(
        z.object({
          at: text.describe('File, line, column.'),
          code: z
            .string()
            .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/)
            .describe('Stable name.'),
          message: text.describe('Text for a user.'),
        }),
      )
      .describe('Contradictions in a node device document; the exit code is 1 if there are any.'),
  })
  .meta({ id: 'pci-xml', title: 'pci xml --json' });

/** `pci xml --json`. */
export type PciXmlDocument = DocumentOf<typeof pciXmlDocument>;
