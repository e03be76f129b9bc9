import * as z from 'zod';
import { address, count, text } from '../facts/basic-facts.ts';

export const lateDevices = z
  .array(
    z.object({
      address,
      reason: z
        .enum(['earlier-version', 'twins', 'storage', 'boot-display', 'class-unknown'])
        .describe(
          'No serial number in the configuration space tells the device from others; and twins: another device has its ids. storage: disks may be attached to it. boot-display: it is the boot display. class-unknown: its class could not be read. earlier-version: an earlier version did not record whether another device has its ids.',
        ),
      message: text,
    }),
  )
  .meta({
    id: 'pci-bindings#late',
    description: 'The bindings that are only made late in a boot, after the initramfs, and why.',
  });

const drive = z.string().meta({
  id: 'pci-bindings#drive',
  description: 'The serial number of the drive that it is; not there if none was seen.',
});

const model = z
  .string()
  .meta({ id: 'pci-bindings#model', description: 'The model of that drive; not there if none was seen.' });

const wwn = z.string().meta({
  id: 'pci-bindings#wwn',
  description:
    'A world wide name: of a Fibre Channel or SAS port, of an NVMe drive without a serial number, of a Thunderbolt host or a GPU; not there if none was seen.',
});

const guid = z.string().meta({
  id: 'pci-bindings#guid',
  description: 'The GUID of its InfiniBand node; not there if none was seen.',
});

const onlyOfItsKind = z.boolean().meta({
  id: 'pci-bindings#only',
  description: 'Whether no other function of the host had its ids; not there if that was not recorded.',
});

/** What a device is known by, wherever it is now. */
export const deviceMarks = {
  path: z.string().describe('Its place, from the root through the bridges without bus numbers.'),
  id: z.string().describe('vendor:device'),
  subsystem: z.string().nullable(),
  deviceSerial: z
    .object({
      offset: z.int().describe('Of the capability in the configuration space.'),
      value: z.string(),
    })
    .nullable()
    .describe('The device serial number capability; null for a device without.'),
  productSerial: z.string().nullable().describe('Among its product data (VPD).'),
  mac: z.string().nullable(),
  drive: drive.optional(),
  model: model.optional(),
  wwn: wwn.optional(),
  guid: guid.optional(),
  only: onlyOfItsKind.optional(),
};

export const persistedVf = z.object({ pf: z.object(deviceMarks), index: count }).meta({
  id: 'pci-bindings#vf',
  description: 'Of a virtual function: its PF, by which it is found again, and which of its VFs it is.',
});

export const binding = z
  .object({
    address,
    driver: z.string(),
    ...deviceMarks,
    class: z.string().describe('Six hex digits.').optional(),
    bootDisplay: z.boolean().describe('That it was the boot display.').optional(),
    vf: persistedVf.optional(),
  })
  .meta({
    id: 'pci-bindings#binding',
    description: 'A device that is bound at each boot, and what it is known by.',
  });
