import * as z from 'zod';
import { powerState } from '../changes/change-states.ts';
import type { DocumentOf } from '../document.ts';
import { text } from '../facts/basic-facts.ts';
import { uuid } from './machine-list.ts';

const machineStatusDocument = z
  .object({
    schema: z.literal('portal-gun/machine-status/v1'),
    connect: z.string().describe('The URI of the libvirt, as for virsh.'),
    root: z.string().describe('The directory of the project.'),
    machines: z.array(
      z.object({
        name: text,
        uuid,
        category: text,
        state: powerState.nullable().describe('null if libvirt does not report it.'),
        definition: z
          .enum(['absent', 'current', 'changed', 'needs-restart', 'unknown'])
          .describe(
            'absent: there is no VM. current: it is as the folder says. changed: portal up changes it. needs-restart: it runs as it was started before a change. unknown: it cannot be read.',
          ),
        differences: z.array(text).describe('In which the VM differs from the folder.'),
        console: z.string().nullable().describe('The socket of its console; null if it does not run.'),
      }),
    ),
  })
  .meta({ id: 'machine-status', title: 'portal status --json' });

/** `portal status --json`. */
export type MachineStatusDocument = DocumentOf<typeof machineStatusDocument>;
