import * as z from 'zod';
import { address, anyObject } from '../facts/basic-facts.ts';
import { uuid } from '../machines/machine-list.ts';
import {
  assignedState,
  driverState,
  guestPathState,
  imageState,
  networkState,
  powerState,
  vfPlaces,
  vfsState,
} from './change-states.ts';

export const change = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('driver'), address, from: driverState, to: driverState }),
    z.object({
      kind: z.literal('module'),
      module: z.string(),
      driver: z.string().nullable().describe('The PCI driver that it registers; null for any other module.'),
      from: z
        .boolean()
        .describe('Whether the driver is registered; without one, whether the module is loaded.'),
      to: z.boolean(),
    }),
    z.object({
      kind: z.literal('file'),
      path: z.string(),
      from: z.string().nullable().describe('The complete content; null if there is no file.'),
      to: z.string().nullable(),
      executable: z.boolean().describe('Whether the file is a program; false if omitted.').optional(),
    }),
    z
      .object({
        kind: z.literal('initramfs'),
        from: z
          .string()
          .nullable()
          .describe(
            'The token of the bindings in them; null without bindings; stale: they must be made again.',
          ),
        to: z.string().nullable(),
      })
      .describe(
        'The bindings in the initramfs of each kernel. A change to stale makes nothing; a change from stale makes them again.',
      ),
    z
      .object({
        kind: z.literal('boot-loader'),
        from: z
          .string()
          .nullable()
          .describe(
            'The arguments, separated by spaces; null without arguments; stale: it must be made again.',
          ),
        to: z.string().nullable(),
      })
      .describe(
        "The kernel arguments from portal-gun in the boot loader's configuration. A change to stale makes nothing; a change from stale makes the configuration again.",
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
        uri: z.string().describe('The libvirt that has the VM.'),
        machine: uuid,
        from: assignedState,
        to: assignedState,
        metadata: z
          .string()
          .nullable()
          .describe(
            'The metadata element of portal-gun for `to`, in the form of virsh metadata --set; null if none remains.',
          ),
        vfs: vfPlaces.optional(),
      })
      .describe("The devices that pci assign wrote into a VM's definition."),
    z
      .object({
        kind: z.literal('attachment'),
        uri: z.string().describe('The libvirt that has the VM.'),
        machine: uuid,
        address,
        from: anyObject.nullable().describe('The element of the device; null if the VM does not have it.'),
        to: anyObject.nullable(),
        vfs: vfPlaces.optional(),
      })
      .describe('A device that a running VM gets or loses; either from or to is null.'),
    z
      .object({
        kind: z.literal('category'),
        uri: z.string().describe('The libvirt that has the VM.'),
        machine: uuid,
        place: z.enum(['definition', 'live']),
        from: z.string().nullable().describe('The category as written; null for none.'),
        to: z.string().nullable(),
        metadata: z.string().nullable().describe('The element for it; null if none remains.'),
      })
      .describe('A change of the category of a VM, in its definition or in the running VM.'),
    z
      .object({
        kind: z.literal('directory'),
        path: z.string(),
        from: z.boolean().describe('Whether it exists.'),
        to: z.boolean(),
        withContent: z
          .boolean()
          .describe('Whether it is removed with everything in it; false if omitted.')
          .optional(),
      })
      .describe('A directory for files of a machine.'),
    z
      .object({
        kind: z.literal('hooks'),
        uri: z.string().describe('The libvirt that calls them.'),
        from: z.boolean().describe('Whether it calls them, as far as is known.'),
        to: z.boolean(),
      })
      .describe('libvirt reloads its configuration, and calls the hook from then on.'),
    z
      .object({
        kind: z.literal('image'),
        path: z.string(),
        from: imageState.nullable().describe('null if there is none.'),
        to: imageState.nullable(),
      })
      .describe('A disk image of a machine.'),
    z
      .object({
        kind: z.literal('network'),
        uri: z.string().describe('The libvirt that has the network.'),
        name: z.string(),
        from: networkState.nullable().describe('null if there is none.'),
        to: networkState.nullable(),
      })
      .describe('A network of libvirt.'),
    z
      .object({
        kind: z.literal('definition'),
        uri: z.string().describe('The libvirt that has the machine.'),
        machine: uuid,
        from: z.string().nullable().describe('The document of libvirt; null if there is none.'),
        to: z.string().nullable(),
      })
      .describe('The definition of a machine in libvirt.'),
    z
      .object({
        kind: z.literal('power'),
        uri: z.string().describe('The libvirt that has the machine.'),
        machine: uuid,
        from: powerState,
        to: powerState,
        graceSeconds: z.int().min(0).describe('How long the guest has to shut down before its VM is ended.'),
        functions: z.array(address).describe('The functions of the host that it has while it runs.'),
      })
      .describe('Whether a machine runs.'),
    z
      .object({
        kind: z.literal('guest-file'),
        machine: z.string().describe('The name of the machine.'),
        path: z.string().describe('In the guest.'),
        from: guestPathState.nullable().describe('null if there is nothing.'),
        to: guestPathState.nullable(),
        content: z
          .string()
          .nullable()
          .describe('The bytes of `to` in base64; null if it has none, or those of `from`.'),
      })
      .describe('A file, directory or link in the guest of a machine.'),
    z
      .object({
        kind: z.literal('guest-setting'),
        machine: z.string().describe('The name of the machine.'),
        init: z.enum(['systemd', 'openrc', 'none']).describe('How the guest starts services.'),
        setting: z.enum(['hostname', 'sysctl', 'module', 'package', 'mount', 'boot', 'service', 'restart']),
        of: z.string().describe('What it is a setting of: the key of a sysctl, the name of a service.'),
        from: z.string(),
        to: z.string(),
      })
      .describe('A setting of the running guest of a machine.'),
  ])
  .meta({
    id: 'plan#change',
    description: 'A change of one object: its current state (from) and its new state (to).',
  });
