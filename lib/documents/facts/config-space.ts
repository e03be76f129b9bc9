import * as z from 'zod';
import { count, hexId, known, names, text } from './basic-facts.ts';
import { revision } from './device-facts.ts';

const feature = z.object({ supported: z.boolean(), enabled: z.boolean() }).meta({
  id: 'config-space#feature',
  description: 'Whether the hardware supports the feature, and whether it is enabled.',
});

const capabilities = known(
  z.array(
    z.object({
      id: z.int().min(0).max(65535),
      offset: z.int().min(64).max(4095).describe('Bytes from the start of the configuration space.'),
      name: text,
      version: z
        .int()
        .min(0)
        .max(15)
        .nullable()
        .describe('The version of an extended capability; null for other capabilities.'),
    }),
  ),
).meta({ id: 'config-space#capabilities' });

export const configSpace = z
  .object({
    sizeBytes: count.describe('The number of bytes that could be read.'),
    vendorId: known(hexId).describe('The value of the register.'),
    deviceId: known(hexId).describe('The value of the register.'),
    idsHidden: z.boolean().describe('Both ids read ffff and the rest does not, as for every VF.'),
    isSilent: z
      .boolean()
      .describe('The header reads all ones, or its ids are invalid: the function does not answer.')
      .optional(),
    bars: z
      .array(z.int().min(0))
      .describe('The values of the six BAR registers of an ordinary header; empty for other headers.')
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
          .describe('The values of the six registers, 32 bits each.'),
      }),
    ).describe('SR-IOV, from the registers; the driver may allow fewer VFs.'),
    deviceSerialNumber: known(z.string().regex(/^[0-9a-f]{2}(?:-[0-9a-f]{2}){7}$/)),
    af: known(z.object({ functionLevelReset: z.boolean() })).describe(
      'Advanced features of conventional PCI.',
    ),
    pm: known(
      z.object({
        version: count,
        powerState: z.enum(['D0', 'D1', 'D2', 'D3hot']),
        noSoftReset: z.boolean().describe('Whether a change to D3hot and back does not reset the function.'),
      }),
    ).describe('Power management.'),
    problems: names.describe('Problems of the bytes, one sentence each.'),
  })
  .meta({
    id: 'config-space',
    title: 'The configuration space of a PCI function, decoded',
    description:
      'null: the function does not have the capability. denied: the kernel allows only root to read it. unread: it is beyond a capture of 256 bytes. broken: damage hides it.',
  });
