import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, count, diagnostics, known, text } from '../facts/basic-facts.ts';

export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  .meta({ id: 'machine-list#uuid' });

export const category = known(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/)).meta({
  id: 'machine-list#category',
});

const memoryAmount = known(count).meta({ id: 'machine-list#amount' });

const phase = z
  .object({
    category,
    memoryBytes: memoryAmount,
    vcpus: memoryAmount.describe('How many virtual processors it starts with.'),
    devices: z
      .array(
        z.discriminatedUnion('kind', [
          z.object({
            kind: z
              .enum(['hostdev', 'interface', 'nvme'])
              .describe(
                'interface: given as a network interface, which is for VFs. nvme: a disk of NVMe, which QEMU drives itself.',
              ),
            address,
          }),
          z.object({ kind: z.literal('mdev').describe('A mediated device.'), uuid: z.string() }),
          z.object({
            kind: z.literal('vdpa').describe('A queue of vDPA.'),
            path: z.string().describe('Its node: /dev/vhost-vdpa-0.'),
          }),
          z.object({
            kind: z
              .literal('pool-interface')
              .describe('Whichever VF a network that is a pool of them has free.'),
            network: z.string(),
          }),
          z.object({
            kind: z
              .literal('argument')
              .describe('Given by an argument for QEMU, of which libvirt knows nothing.'),
            address: address.nullable(),
            uuid: z.string().nullable().describe('Of a mediated device.'),
            path: z.string().nullable().describe('A node of vDPA.'),
            text: z.string().describe('The argument.'),
          }),
        ]),
      )
      .describe('The devices of the host that it is given.'),
  })
  .meta({ id: 'machine-list#phase' });

const machineListDocument = z
  .object({
    schema: z.literal('portal-gun/machine-list/v1'),
    connect: z.string().describe('The libvirt that was asked, as virsh takes it.'),
    machines: z
      .array(
        z.object({
          name: text,
          uuid,
          category: category.describe(
            'Which it is tagged with, by its definition, or by what runs where it has none; null for untagged.',
          ),
          guess: z
            .string()
            .nullable()
            .describe('Of one that is untagged, a category that its name speaks for; nothing goes by it.'),
          state: z
            .enum(['running', 'paused', 'shut-off', 'other'])
            .describe('other: in a crash, suspended by its guest, or about to end.'),
          hasManagedSave: z
            .boolean()
            .describe(
              'Whether its next start restores a state that was saved (virsh managedsave), with the devices of then.',
            ),
          hypervisor: z.string().describe('What runs it: kvm, qemu.'),
          title: z.string().nullable(),
          description: z.string().nullable(),
          definition: phase
            .nullable()
            .describe('What it will be at its next start; null for a transient machine.'),
          live: phase.nullable().describe('What it is now; null where it does not run.'),
        }),
      )
      .describe('The machines, by name.'),
    diagnostics,
  })
  .meta({ id: 'machine-list', title: 'portal list --json' });

/** `portal list --json`. */
export type MachineListDocument = DocumentOf<typeof machineListDocument>;

/** A machine as it is defined, or as it runs. */
export type MachinePhase = DocumentOf<typeof phase>;
