import * as z from 'zod';
import { address, count, text } from '../facts/basic-facts.ts';

export const lateDevices = z
  .array(
    z.object({
      address,
      reason: z
        .enum(['earlier-version', 'twins', 'storage', 'boot-display', 'class-unknown'])
        .describe(
          'The configuration space has no serial number that identifies the device. twins: another device has its ids. storage: disks may be attached to it. boot-display: it is the boot display. class-unknown: its class could not be read. earlier-version: an earlier version did not record whether another device has its ids.',
        ),
      message: text,
    }),
  )
  .meta({
    id: 'pci-bindings#late',
    description: 'The bindings that are made late in a boot, after the initramfs, and the reason.',
  });

const drive = z.string().meta({
  id: 'pci-bindings#drive',
  description: 'The serial number of the drive; omitted if none was found.',
});

const model = z
  .string()
  .meta({ id: 'pci-bindings#model', description: 'The model of the drive; omitted if none was found.' });

const wwn = z.string().meta({
  id: 'pci-bindings#wwn',
  description:
    'A world wide name: of a Fibre Channel or SAS port, of an NVMe drive without a serial number, of a Thunderbolt host or a GPU; omitted if none was found.',
});

const guid = z.string().meta({
  id: 'pci-bindings#guid',
  description: 'The GUID of its InfiniBand node; omitted if none was found.',
});

const onlyOfItsKind = z.boolean().meta({
  id: 'pci-bindings#only',
  description: 'Whether no other function of the host had its ids; omitted if this was not recorded.',
});

/** The marks that identify a device at any place. */
export const deviceMarks = {
  path: z.string().describe('Its place, from the root through the bridges without bus numbers.'),
  id: z.string().describe('vendor:device'),
  subsystem: z.string().nullable(),
  deviceSerial: z
    .object({
      offset: z.int().describe('The offset of the capability in the configuration space.'),
      value: z.string(),
    })
    .nullable()
    .describe('The device serial number capability; null if the device has none.'),
  productSerial: z.string().nullable().describe('The serial number in its product data (VPD).'),
  mac: z.string().nullable(),
  drive: drive.optional(),
  model: model.optional(),
  wwn: wwn.optional(),
  guid: guid.optional(),
  only: onlyOfItsKind.optional(),
};

export const persistedVf = z.object({ pf: z.object(deviceMarks), index: count }).meta({
  id: 'pci-bindings#vf',
  description: 'For a VF: its PF, which identifies it, and its index among the VFs.',
});

export const binding = z
  .object({
    address,
    driver: z.string(),
    ...deviceMarks,
    class: z.string().describe('Six hex digits.').optional(),
    bootDisplay: z.boolean().describe('Whether it was the boot display.').optional(),
    vf: persistedVf.optional(),
  })
  .meta({
    id: 'pci-bindings#binding',
    description: 'A device that is bound at each boot, and its identity.',
  });
