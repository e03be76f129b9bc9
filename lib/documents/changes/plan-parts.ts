import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address } from '../facts/basic-facts.ts';
import { vfSettings } from '../facts/sriov-facts.ts';
import { deviceMarks, persistedVf } from './persisted-device.ts';

export const assignedDevice = z
  .object({
    alias: z.string().describe('The alias of its element in the VM.'),
    address: address.nullable(),
    guestAddress: z
      .string()
      .nullable()
      .describe('Its address in the guest: bus:slot.function; null if libvirt chooses it.'),
    policy: z.enum(['shared', 'exclusive', 'vf-pool']).nullable(),
  })
  .meta({ id: 'plan#assignedDevice' });

export const pluggedDevice = z
  .object({
    alias: z.string().nullable().describe('The alias of its element in the VM.'),
    address,
    guestAddress: assignedDevice.shape.guestAddress,
  })
  .meta({ id: 'plan#pluggedDevice' });

export const recordedPlace = z.object({ address, path: deviceMarks.path }).meta({ id: 'plan#recordedPlace' });

export const persistedPf = z
  .object({
    address,
    ...deviceMarks,
    vf: persistedVf.optional(),
    count: z.int().min(1).max(65535).describe('The number of VFs.'),
    autoprobe: z
      .boolean()
      .nullable()
      .describe('sriov_drivers_autoprobe; null if the kernel does not have it.'),
    isUp: z.boolean().describe('Whether its interface is up.'),
    vfs: z
      .array(
        z.object({
          ...vfSettings.shape,
          mac: z
            .union([z.literal('driver'), vfSettings.shape.mac.unwrap()])
            .describe("`driver` for a MAC that the VF's driver chooses.")
            .optional(),
        }),
      )
      .describe(
        'The settings of each VF, by index; an omitted setting is not changed. Empty if the PF is not a network card.',
      ),
  })
  .meta({ id: 'plan#persistedPf', description: 'A PF that gets VFs at each boot, and its identity.' });

/** A device that is assigned to a VM. */
export type AssignedDeviceFacts = DocumentOf<typeof assignedDevice>;

/** A device that a running VM gets or loses. */
export type PluggedDeviceFacts = DocumentOf<typeof pluggedDevice>;
