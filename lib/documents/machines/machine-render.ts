import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';
import { uuid } from './machine-list.ts';

const machineRenderDocument = z
  .object({
    schema: z.literal('portal-gun/machine-render/v1'),
    name: text,
    uuid,
    domain: z.string().describe('The domain XML.'),
    hypervisor: z
      .object({
        name: z.enum(['kvm', 'qemu']).describe('As in the domain XML; qemu emulates.'),
        mayDiffer: z
          .boolean()
          .describe('Whether portal up may use the other: KVM was not tried on this host yet.'),
      })
      .describe('The hypervisor of the domain.'),
    networks: z
      .array(z.object({ name: z.string().describe('As in the definition: isolated/lan.'), xml: z.string() }))
      .describe('The networks that portal creates for it.'),
  })
  .meta({ id: 'machine-render', title: 'portal render --json' });

/** `portal render --json`. */
export type MachineRenderDocument = DocumentOf<typeof machineRenderDocument>;
