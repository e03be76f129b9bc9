import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address } from '../facts/basic-facts.ts';
import { vfSettings } from '../facts/sriov-facts.ts';
import { deviceMarks, persistedVf } from './persisted-device.ts';

export const assignedDevice = z
  .object({
    alias: z.string().describe('Of its element in the machine.'),
    address: address.nullable(),
    guestAddress: z
      .string()
      .nullable()
      .describe('Where the guest sees it: bus:slot.function; null where libvirt chooses.'),
    policy: z.enum(['shared', 'exclusive', 'vf-pool']).nullable(),
  })
  .meta({ id: 'plan#assignedDevice' });

export const pluggedDevice = z
  .object({
    alias: z.string().nullable().describe('Of its element in the machine.'),
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
    count: z.int().min(1).max(65535).describe('How many VFs.'),
    autoprobe: z
      .boolean()
      .nullable()
      .describe('sriov_drivers_autoprobe; null where the kernel has no such switch.'),
    isUp: z.boolean().describe('Whether its interface is switched on.'),
    vfs: z
      .array(
        z.object({
          ...vfSettings.shape,
          mac: z
            .union([z.literal('driver'), vfSettings.shape.mac.unwrap()])
            .describe("driver for whichever the VF's driver makes up.")
            .optional(),
        }),
      )
      .describe(
        'What each VF is held to, by its index; what is not there is left as it comes. Empty for what is no network card.',
      ),
  })
  .meta({ id: 'plan#persistedPf', description: 'A PF that gets VFs at each boot, and what it is known by.' });

/** A device that a machine is given. */
export type AssignedDeviceFacts = DocumentOf<typeof assignedDevice>;

/** A device that a machine gets or loses as it runs. */
export type PluggedDeviceFacts = DocumentOf<typeof pluggedDevice>;
