import * as z from 'zod';
import { address, anyObject, count } from '../facts/basic-facts.ts';
import { vfSettings } from '../facts/sriov-facts.ts';

export const driverState = z
  .object({
    driver: z.string().nullable().describe('null for none; * for whichever the kernel finds, or none.'),
    override: z.string().nullable().describe('driver_override; null for none.'),
  })
  .meta({ id: 'plan#driverState' });

export const assignedState = z
  .object({
    devices: z.array(
      z.object({
        alias: z.string(),
        assignment: anyObject.nullable().describe('What is kept of it; null where somebody took that away.'),
        device: anyObject
          .nullable()
          .describe('The element that gives it; null where somebody took that away.'),
      }),
    ),
    rootPorts: z.array(count).describe('The indices of the root ports that were added for them.'),
  })
  .meta({
    id: 'plan#assignedState',
    description: 'All that is ours in a definition, apart from its category.',
  });

export const vfPlaces = z
  .array(z.object({ address, pf: address, index: count }))
  .min(1)
  .meta({
    id: 'plan#vfPlaces',
    description: 'VFs that have to be at these addresses when it is made; left out where there are none.',
  });

export const vfsState = z
  .object({
    count,
    autoprobe: z
      .boolean()
      .nullable()
      .describe('sriov_drivers_autoprobe; null where the kernel has no such switch.'),
    vfs: z
      .array(z.object({ index: count, settings: vfSettings, driver: driverState }))
      .describe('Those VFs of which more counts than that they are there.'),
  })
  .meta({ id: 'plan#vfsState' });
