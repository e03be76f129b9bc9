import * as z from 'zod';
import { pendingRecovery } from '../changes/pending-recovery.ts';
import { deviceMarks } from '../changes/persisted-device.ts';
import type { DocumentOf } from '../document.ts';
import { address, diagnostics, host, text } from '../facts/basic-facts.ts';
import { uuid } from './machine-list.ts';

const assignmentsDocument = z
  .object({
    schema: z.literal('portal-gun/assignments/v1'),
    host,
    connect: z.string().describe('The libvirt that was asked, as virsh takes it.'),
    machines: z
      .array(
        z.object({
          name: text,
          uuid,
          state: z.enum(['running', 'paused', 'shut-off', 'other']),
          assignments: z.array(
            z.object({
              alias: z.string().describe('Of its element in the machine.'),
              address: address.nullable().describe('That its definition gives.'),
              policy: z.enum(['shared', 'exclusive', 'vf-pool']).nullable(),
              identity: z
                .object({
                  address,
                  path: deviceMarks.path,
                  id: deviceMarks.id,
                  subsystem: deviceMarks.subsystem,
                  deviceSerial: deviceMarks.deviceSerial,
                  productSerial: deviceMarks.productSerial,
                  mac: deviceMarks.mac,
                })
                .nullable()
                .describe('What the device that was meant is known by; null where somebody took that away.'),
              iommuGroup: z.int().nullable().describe('That it was in when it was assigned.'),
              standing: z
                .enum([
                  'in-place',
                  'moved',
                  'group-changed',
                  'replaced',
                  'missing',
                  'ambiguous',
                  'unknown',
                  'taken-out',
                  'unrecorded',
                  'also-elsewhere',
                ])
                .describe(
                  'in-place: as assigned. moved: at another address. group-changed: in a group of another number. replaced: another device is at its place. missing: not on the bus. ambiguous: several may be it. unknown: what would tell can not be read. taken-out: somebody took the device out of the definition. unrecorded: somebody took away what is kept of it. also-elsewhere: it is for one machine, and another is given it as well.',
                ),
              found: address
                .nullable()
                .describe('Where the device that was meant is; null where it was not found.'),
              held: z.boolean().describe('Whether the machine has it now.'),
            }),
          ),
          passing: z
            .array(z.object({ alias: z.string(), address }))
            .describe(
              'What it has by pci assign as it runs, and its definition does not give it: gone when it ends.',
            ),
        }),
      )
      .describe('Those that were given anything, or have it, by name.'),
    recovery: pendingRecovery.optional(),
    diagnostics,
  })
  .meta({ id: 'assignments', title: 'pci assignments --json' });

/** `pci assignments --json`. */
export type AssignmentsDocument = DocumentOf<typeof assignmentsDocument>;
