import * as z from 'zod';
import { bar } from './bar-facts.ts';
import { address, count, hexId, known } from './basic-facts.ts';

export const vfSettings = z
  .object({
    mac: z
      .string()
      .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
      .describe('00:00:00:00:00:00 where none was assigned.')
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
      'What a PF holds a VF to. A key that is not there is not told by the driver, or not to change.',
  });

const physicalFunction = z
  .object({
    role: z.literal('pf'),
    totalVfs: known(count).describe('The most virtual functions that the driver allows.'),
    numVfs: known(count),
    autoprobe: known(z.boolean()).describe(
      'Whether the kernel looks for a driver for new virtual functions.',
    ),
    offset: known(count).describe('From its routing id to that of its first virtual function.'),
    stride: known(count).describe('From the routing id of a virtual function to that of the next.'),
    vfDeviceId: known(hexId),
    vfBars: known(z.array(bar))
      .describe('The room for the BARs of its virtual functions, each for all of them.')
      .optional(),
    virtualFunctions: z.array(address).describe('In the order of their index.'),
  })
  .meta({ id: 'facts#physicalFunction' });

const virtualFunction = z
  .object({
    role: z.literal('vf'),
    physicalFunction: address,
    index: known(count).describe('Its number among the virtual functions of its physical function, from 0.'),
  })
  .meta({ id: 'facts#virtualFunction' });

export const sriovRole = known(z.discriminatedUnion('role', [physicalFunction, virtualFunction])).meta({
  id: 'facts#sriov',
  description: 'null for what is neither a physical nor a virtual function.',
});
