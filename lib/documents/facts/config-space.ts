import * as z from 'zod';
import { count, hexId, known, names, text } from './basic-facts.ts';
import { revision } from './device-facts.ts';

const feature = z.object({ supported: z.boolean(), enabled: z.boolean() }).meta({
  id: 'config-space#feature',
  description: 'What the hardware can do, and whether it is switched on.',
});

const capabilities = known(
  z.array(
    z.object({
      id: z.int().min(0).max(65535),
      offset: z.int().min(64).max(4095).describe('Bytes from the start of the configuration space.'),
      name: text,
      version: z.int().min(0).max(15).nullable().describe('Of an extended capability; null for the others.'),
    }),
  ),
).meta({ id: 'config-space#capabilities' });

export const configSpace = z
  .object({
    sizeBytes: count.describe('How many bytes could be read.'),
    vendorId: known(hexId).describe('As the register reads.'),
    deviceId: known(hexId).describe('As the register reads.'),
    idsHidden: z
      .boolean()
      .describe('Both ids read ffff and the rest does not, as of every virtual function.'),
    isSilent: z
      .boolean()
      .describe('The header reads all ones, or its ids what no function has: the function does not answer.')
      .optional(),
    bars: z
      .array(z.int().min(0))
      .describe('The six BAR registers of an ordinary header as they read; empty for other headers.')
      .optional(),
    revision,
    classCode: known(z.string().regex(/^[0-9a-f]{6}$/)),
    headerType: known(z.literal([0, 1, 2])).describe('0 ordinary, 1 bridge, 2 CardBus bridge.'),
    multifunction: known(z.boolean()),
    ioEnabled: known(z.boolean()),
    memoryEnabled: known(z.boolean()),
    busMaster: known(z.boolean()),
    capabilities: capabilities.describe('In the order of the list.'),
    extendedCapabilities: capabilities.describe('In the order of the list.'),
    pcie: known(
      z.object({
        portType: known(text),
        version: count,
        functionLevelReset: z.boolean(),
        slotImplemented: z.boolean(),
        physicalSlot: known(count),
        maxLinkSpeedGts: known(z.number().positive()),
        maxLinkWidth: known(count),
        ariForwarding: known(feature),
      }),
    ).describe('PCI Express.'),
    acs: known(
      z.object({
        sourceValidation: feature,
        translationBlocking: feature,
        p2pRequestRedirect: feature,
        p2pCompletionRedirect: feature,
        upstreamForwarding: feature,
        p2pEgressControl: feature,
        directTranslatedP2p: feature,
      }),
    ).describe('Access control services.'),
    ari: known(z.object({ nextFunction: z.int().min(0).max(255) })).describe('Alternative routing ids.'),
    sriov: known(
      z.object({
        totalVfs: count,
        initialVfs: count,
        numVfs: count,
        vfOffset: count,
        vfStride: count,
        vfDeviceId: hexId,
        vfEnable: z.boolean(),
        vfMemoryEnable: z.boolean(),
        ariHierarchy: z.boolean(),
        vfBars: z
          .array(z.int().min(0).max(4294967295))
          .length(6)
          .describe('The six registers as they read, 32 bits each.'),
      }),
    ).describe('SR-IOV as the registers have it; the driver may allow fewer.'),
    deviceSerialNumber: known(z.string().regex(/^[0-9a-f]{2}(?:-[0-9a-f]{2}){7}$/)),
    af: known(z.object({ functionLevelReset: z.boolean() })).describe(
      'Advanced features of conventional PCI.',
    ),
    pm: known(
      z.object({
        version: count,
        powerState: z.enum(['D0', 'D1', 'D2', 'D3hot']),
        noSoftReset: z.boolean().describe('Whether going to D3hot and back does not reset the function.'),
      }),
    ).describe('Power management.'),
    problems: names.describe('What is wrong with the bytes, a sentence each.'),
  })
  .meta({
    id: 'config-space',
    title: 'The configuration space of a PCI function, decoded',
    description:
      'Within it null is "the function has no such capability"; denied is what the kernel keeps from an ordinary user, unread what lies behind a capture of 256 bytes, broken what damage hides.',
  });
