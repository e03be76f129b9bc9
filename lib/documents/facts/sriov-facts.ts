import * as z from 'zod';
import { bar } from './bar-facts.ts';
import { address, count, hexId, known } from './basic-facts.ts';

export const vfSettings = z
  .object({
    mac: z
      .string()
      .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
      .describe('00:00:00:00:00:00 if none was assigned.')
      .optional(),
    vlan: z
      .object({
        id: z.int().min(0).max(4095).describe('0 for none.'),
        qos: z.int().min(0).max(7).describe('Priority.'),
        protocol: z.enum(['802.1Q', '802.1ad']),
      })
      .optional(),
    trust: z.boolean().optional(),
    spoofCheck: z.boolean().optional(),
    linkState: z.enum(['auto', 'enable', 'disable']).optional(),
    rate: z.object({ min: count, max: count }).describe('In Mbit/s; 0 for no limit.').optional(),
  })
  .meta({
    id: 'facts#vfSettings',
    description:
      'The settings of a VF that its PF enforces. A key is omitted if the driver does not report it, or if it does not change.',
  });

const physicalFunction = z
  .object({
    role: z.literal('pf'),
    totalVfs: known(count).describe('The maximum number of VFs that the driver allows.'),
    numVfs: known(count),
    autoprobe: known(z.boolean()).describe('Whether the kernel looks for a driver for new VFs.'),
    offset: known(count).describe('The distance from its routing id to that of its first VF.'),
    stride: known(count).describe('The distance from the routing id of a VF to that of the next.'),
    vfDeviceId: known(hexId),
    vfBars: known(z.array(bar))
      .describe('The memory for the BARs of its VFs, each for all VFs together.')
      .optional(),
    virtualFunctions: z.array(address).describe('By index.'),
  })
  .meta({ id: 'facts#physicalFunction' });

const virtualFunction = z
  .object({
    role: z.literal('vf'),
    physicalFunction: address,
    index: known(count).describe('Its number among the VFs of its PF, from 0.'),
  })
  .meta({ id: 'facts#virtualFunction' });

export const sriovRole = known(z.discriminatedUnion('role', [physicalFunction, virtualFunction])).meta({
  id: 'facts#sriov',
  description: 'null if it is neither a PF nor a VF.',
});
