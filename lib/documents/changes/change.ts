import * as z from 'zod';
import { address, anyObject } from '../facts/basic-facts.ts';
import { uuid } from '../machines/machine-list.ts';
import { assignedState, driverState, vfPlaces, vfsState } from './change-states.ts';

export const change = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('driver'), address, from: driverState, to: driverState }),
    z.object({
      kind: z.literal('module'),
      module: z.string(),
      driver: z
        .string()
        .nullable()
        .describe('The driver of PCI that it registers; null for a module of anything else.'),
      from: z
        .boolean()
        .describe('Whether the driver is registered; without one, whether the module is loaded.'),
      to: z.boolean(),
    }),
    z.object({
      kind: z.literal('file'),
      path: z.string(),
      from: z.string().nullable().describe('All that is in it; null where there is no file.'),
      to: z.string().nullable(),
      executable: z.boolean().describe('Whether it is a program; false where it is not said.').optional(),
    }),
    z
      .object({
        kind: z.literal('initramfs'),
        from: z
          .string()
          .nullable()
          .describe('The token of the bindings in them; null without any; stale: they are to be made anew.'),
        to: z.string().nullable(),
      })
      .describe(
        'What the initial RAM disks of all kernels hold of the bindings. To stale nothing is made; from stale they are made anew.',
      ),
    z
      .object({
        kind: z.literal('boot-loader'),
        from: z
          .string()
          .nullable()
          .describe('The arguments, with blanks between; null without any; stale: it is to be made anew.'),
        to: z.string().nullable(),
      })
      .describe(
        "With which arguments of ours for the kernel the boot loader's configuration is made. To stale nothing is made; from stale it is made anew.",
      ),
    z.object({ kind: z.literal('vfs'), address, from: vfsState, to: vfsState }),
    z.object({
      kind: z.literal('link'),
      address,
      from: z.boolean().describe('Whether its network interface is up.'),
      to: z.boolean(),
    }),
    z
      .object({
        kind: z.literal('assignment'),
        uri: z.string().describe('The libvirt that has the machine.'),
        machine: uuid,
        from: assignedState,
        to: assignedState,
        metadata: z
          .string()
          .nullable()
          .describe(
            'Our element of its metadata as virsh metadata --set takes it, for to; null where none is left.',
          ),
        vfs: vfPlaces.optional(),
      })
      .describe("What a machine's definition gives it, as far as pci assign wrote it there."),
    z
      .object({
        kind: z.literal('attachment'),
        uri: z.string().describe('The libvirt that has the machine.'),
        machine: uuid,
        address,
        from: anyObject.nullable().describe('The element that gives it; null where the machine has it not.'),
        to: anyObject.nullable(),
        vfs: vfPlaces.optional(),
      })
      .describe('A device that a machine gets or loses as it runs; one of from and to is null.'),
    z
      .object({
        kind: z.literal('category'),
        uri: z.string().describe('The libvirt that has the machine.'),
        machine: uuid,
        place: z.enum(['definition', 'live']),
        from: z.string().nullable().describe('As it was written; null for none.'),
        to: z.string().nullable(),
        metadata: z.string().nullable().describe('The element for it; null where none is left.'),
      })
      .describe('The category of a machine changes, in its definition or in what runs.'),
  ])
  .meta({ id: 'plan#change', description: 'One thing, as it is (from) and as it shall be (to).' });
