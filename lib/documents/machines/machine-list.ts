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
    vcpus: memoryAmount.describe('The number of virtual processors at its start.'),
    devices: z
      .array(
        z.discriminatedUnion('kind', [
          z.object({
            kind: z
              .enum(['hostdev', 'interface', 'nvme'])
              .describe(
                'interface: a network interface, for VFs. nvme: an NVMe disk that QEMU drives itself.',
              ),
            address,
          }),
          z.object({ kind: z.literal('mdev').describe('A mediated device.'), uuid: z.string() }),
          z.object({
            kind: z.literal('vdpa').describe('A vDPA device.'),
            path: z.string().describe('Its node: /dev/vhost-vdpa-0.'),
          }),
          z.object({
            kind: z.literal('pool-interface').describe('Any free VF of a network that is a pool of VFs.'),
            network: z.string(),
          }),
          z.object({
            kind: z
              .literal('argument')
              .describe('A device in a QEMU argument, which libvirt does not interpret.'),
            address: address.nullable(),
            uuid: z.string().nullable().describe('The UUID of a mediated device.'),
            path: z.string().nullable().describe('A vDPA node.'),
            text: z.string().describe('The argument.'),
          }),
        ]),
      )
      .describe('The host devices of the VM.'),
  })
  .meta({ id: 'machine-list#phase' });

const machineListDocument = z
  .object({
    schema: z.literal('portal-gun/machine-list/v1'),
    connect: z.string().describe('The URI of the libvirt, as for virsh.'),
    machines: z
      .array(
        z.object({
          name: text,
          uuid,
          category: category.describe(
            'Its tag in the definition, or in the running VM if it has no definition; null for untagged.',
          ),
          guess: z
            .string()
            .nullable()
            .describe('For an untagged VM, a category that its name suggests; no command uses it.'),
          state: z
            .enum(['running', 'paused', 'shut-off', 'other'])
            .describe('other: crashed, suspended by its guest, or about to stop.'),
          hasManagedSave: z
            .boolean()
            .describe(
              'Whether its next start restores a saved state (virsh managedsave), with the devices of that time.',
            ),
          hypervisor: z.string().describe('The type of hypervisor: kvm, qemu.'),
          title: z.string().nullable(),
          description: z.string().nullable(),
          definition: phase
            .nullable()
            .describe('The definition for its next start; null for a transient VM.'),
          live: phase.nullable().describe('The running VM; null if it does not run.'),
        }),
      )
      .describe('The VMs, by name.'),
    diagnostics,
  })
  .meta({ id: 'machine-list', title: 'portal list --json' });

/** `portal list --json`. */
export type MachineListDocument = DocumentOf<typeof machineListDocument>;

/** The definition of a VM, or the running VM. */
export type MachinePhase = DocumentOf<typeof phase>;
