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
    connect: z.string().describe('The URI of the libvirt, as for virsh.'),
    machines: z
      .array(
        z.object({
          name: text,
          uuid,
          state: z.enum(['running', 'paused', 'shut-off', 'other']),
          assignments: z.array(
            z.object({
              alias: z.string().describe('The alias of its element in the VM.'),
              address: address.nullable().describe('The address in the definition.'),
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
                .describe('The recorded identity of the assigned device; null if the record was removed.'),
              iommuGroup: z.int().nullable().describe('The group at the time of the assignment.'),
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
                  'in-place: as assigned. moved: at another address. group-changed: in a group with another number. replaced: another device is at its place. missing: not on the bus. ambiguous: several devices match. unknown: the identifying facts cannot be read. taken-out: the device was removed from the definition by other means. unrecorded: its record was removed by other means. also-elsewhere: it is for one VM, and another VM has it as well.',
                ),
              found: address
                .nullable()
                .describe('The current address of the assigned device; null if it was not found.'),
              held: z.boolean().describe('Whether the VM uses it now.'),
            }),
          ),
          passing: z
            .array(z.object({ alias: z.string(), address }))
            .describe(
              'Devices from pci assign that the running VM has, but that are not in its definition. They are gone when it stops.',
            ),
        }),
      )
      .describe('The VMs that have assignments or assigned devices, by name.'),
    recovery: pendingRecovery.optional(),
    diagnostics,
  })
  .meta({ id: 'assignments', title: 'pci assignments --json' });

/** `pci assignments --json`. */
export type AssignmentsDocument = DocumentOf<typeof assignmentsDocument>;
