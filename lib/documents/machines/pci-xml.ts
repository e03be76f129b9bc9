import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, host, text } from '../facts/basic-facts.ts';

export const pciXmlDocument = z
  .object({
    schema: z.literal('portal-gun/pci-xml/v1'),
    host: host.nullable().describe('null where a node device document was translated.'),
    devices: z
      .array(
        z.object({
          address: address
            .nullable()
            .describe(
              'Of the device on the host; null for a root port that makes room in the machine, and for a pool of virtual functions that were named.',
            ),
          kind: z
            .enum(['hostdev', 'interface', 'pool', 'root-port'])
            .describe(
              'hostdev and interface hand a device over. pool is a network that hands out virtual functions. root-port is a controller that the machine needs.',
            ),
          xml: z
            .string()
            .regex(/^<[a-z]/)
            .describe('The element, as libvirt takes it.'),
          notes: z
            .array(
              z.object({
                level: z
                  .enum(['ok', 'needs', 'loses', 'warns', 'blocks', 'unknown'])
                  .describe(
                    'ok: nothing to do. needs: something must be done first. loses: what the host gives up. warns: it may work badly. blocks: no machine can start with it as things are. unknown: could not be found out.',
                  ),
                code: z
                  .string()
                  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/)
                  .describe('Stable name.'),
                message: text.describe('For a person.'),
              }),
            )
            .describe('What to know of it.'),
        }),
      )
      .describe('In the order in which they are printed.'),
    findings: z
      .array(
        z.object({
          at: text.describe('File, line, column.'),
          code: z
            .string()
            .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/)
            .describe('Stable name.'),
          message: text.describe('For a person.'),
        }),
      )
      .describe(
        'What contradicts itself in a node device document; the exit status is 1 where there is any.',
      ),
  })
  .meta({ id: 'pci-xml', title: 'pci xml --json' });

/** `pci xml --json`. */
export type PciXmlDocument = DocumentOf<typeof pciXmlDocument>;
