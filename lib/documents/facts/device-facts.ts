import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, count, hexId, known, names, text } from './basic-facts.ts';

export const deviceClass = known(
  z.object({
    code: z
      .string()
      .regex(/^[0-9a-f]{6}$/)
      .describe('Class, subclass, programming interface.'),
    name: text.nullable(),
  }),
).meta({ id: 'facts#class' });

export const namedId = known(z.object({ id: hexId, name: text.nullable() })).meta({
  id: 'facts#namedId',
  description: 'An id and its name in the list of PCI ids; null where the list has none.',
});

export const subsystem = known(
  z.object({
    vendorId: hexId,
    deviceId: hexId,
    vendorName: text
      .nullable()
      .describe('Who made the card; null where the list of ids does not have it.')
      .optional(),
    name: text.nullable(),
  }),
).meta({ id: 'facts#subsystem' });

export const revision = known(z.string().regex(/^[0-9a-f]{2}$/)).meta({ id: 'facts#revision' });

export const driver = known(text).meta({
  id: 'facts#driver',
  description: 'The driver that the device is bound to.',
});

export const driverOverride = known(text).meta({ id: 'facts#driverOverride' });

export const modules = known(names).meta({
  id: 'facts#modules',
  description: 'Kernel modules that name the device in their aliases, sorted.',
});

export const iommuGroup = known(count).meta({
  id: 'facts#iommuGroup',
  description: 'The number of its IOMMU group; it may be another after a reboot.',
});

export const numaNode = known(count).meta({ id: 'facts#numaNode' });

export const resetMethods = known(names).meta({
  id: 'facts#resetMethods',
  description: 'What the kernel would try, in its order.',
});

export const powerState = known(text).meta({
  id: 'facts#powerState',
  description: "The kernel's own word: D0, D3hot …",
});

export const bootVga = known(z.boolean()).meta({
  id: 'facts#bootVga',
  description: 'Whether the firmware used it as the boot display; null for what is no VGA device.',
});

export const link = known(
  z.object({
    currentSpeedGts: known(z.number().positive()).describe('Gigatransfers a second.'),
    currentWidth: known(count),
    maxSpeedGts: known(z.number().positive()),
    maxWidth: known(count),
  }),
).meta({ id: 'facts#link', description: 'The PCI Express link. Below the maximum may be power saving.' });

export const location = known(
  z.object({
    root: text.describe('The root complex that it is under: pci0000:00.'),
    bridges: z.array(address).describe('The functions above it, from the root down.'),
    parent: address.nullable().describe('The bridge right above it; null on a root bus.'),
  }),
).meta({ id: 'facts#location' });

export const netInterfaces = known(names).meta({
  id: 'facts#netInterfaces',
  description: 'Names of the network interfaces on it.',
});

export const blockDevices = known(names).meta({
  id: 'facts#blockDevices',
  description: 'Names of the whole block devices on it.',
});

export const slotLabel = known(text).meta({
  id: 'facts#slotLabel',
  description: 'What the firmware or the hot-plug controller calls the slot or device.',
});

export const briefDevice = z
  .object({ address, class: deviceClass, vendor: namedId, device: namedId, driver })
  .meta({ id: 'facts#briefDevice' });

export const identity = z
  .object({
    path: text
      .nullable()
      .describe('From the root through the bridges, without bus numbers: pci0000:00/01.0/00.0.'),
    id: z
      .string()
      .regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/)
      .nullable(),
    subsystem: z
      .string()
      .regex(/^[0-9a-f]{4}:[0-9a-f]{4}$/)
      .nullable(),
    serial: text.nullable(),
    mac: text.nullable(),
    slotLabel: text.nullable(),
  })
  .meta({
    id: 'facts#identity',
    description: 'What finds the device again after its address moved. Each part may be missing.',
  });

/** A device in a few facts. */
export type BriefDevice = DocumentOf<typeof briefDevice>;
