import * as z from 'zod';
import { address, anyObject, count } from '../facts/basic-facts.ts';
import { vfSettings } from '../facts/sriov-facts.ts';

export const driverState = z
  .object({
    driver: z.string().nullable().describe('null for none; * for any driver that the kernel finds, or none.'),
    override: z.string().nullable().describe('driver_override; null for none.'),
  })
  .meta({ id: 'plan#driverState' });

export const assignedState = z
  .object({
    devices: z.array(
      z.object({
        alias: z.string(),
        assignment: anyObject.nullable().describe('The record of the assignment; null if it was removed.'),
        device: anyObject.nullable().describe('The element of the device; null if it was removed.'),
      }),
    ),
    rootPorts: z.array(count).describe('The indices of the root ports that were added for them.'),
  })
  .meta({
    id: 'plan#assignedState',
    description: 'All parts of a definition that belong to portal-gun, except its category.',
  });

export const vfPlaces = z
  .array(z.object({ address, pf: address, index: count }))
  .min(1)
  .meta({
    id: 'plan#vfPlaces',
    description: 'VFs that must be at these addresses when the change is made; omitted if there are none.',
  });

export const vfsState = z
  .object({
    count,
    autoprobe: z
      .boolean()
      .nullable()
      .describe('sriov_drivers_autoprobe; null if the kernel does not have it.'),
    vfs: z
      .array(z.object({ index: count, settings: vfSettings, driver: driverState }))
      .describe('The VFs that have settings or a required driver.'),
  })
  .meta({ id: 'plan#vfsState' });

const imageFormat = z.enum(['qcow2', 'raw']);

export const imageState = z.object({
  format: imageFormat,
  sizeBytes: z.int().min(0).nullable().describe('null for the size of the image that it is based on.'),
  backing: z
    .object({ path: z.string(), format: imageFormat })
    .nullable()
    .describe('The image that it is based on, which is only read; null if it is based on none.'),
});

export const networkState = z.object({
  xml: z.string(),
  active: z.boolean(),
  autostart: z.boolean(),
});

/** What is at a path of a guest. */
export const guestPathState = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('file'),
      sha256: z.string().describe('The SHA-256 of its content.'),
      mode: z.int().min(0).describe('The permission bits.'),
      uid: z.int().min(0),
      gid: z.int().min(0),
    }),
    z.object({
      kind: z.literal('directory'),
      mode: z.int().min(0),
      uid: z.int().min(0),
      gid: z.int().min(0),
    }),
    z.object({ kind: z.literal('link'), target: z.string() }),
  ])
  .meta({ id: 'plan#guestPathState' });

export const powerState = z.enum(['off', 'paused', 'running']);
