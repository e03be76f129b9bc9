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
  description: 'An id and its name in the list of PCI ids; null if the list has none.',
});

export const subsystem = known(
  z.object({
    vendorId: hexId,
    deviceId: hexId,
    vendorName: text
      .nullable()
      .describe('The maker of the card; null if the list of ids does not have it.')
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
  description: 'The number of its IOMMU group; it can change at a reboot.',
});

export const numaNode = known(count).meta({ id: 'facts#numaNode' });

export const resetMethods = known(names).meta({
  id: 'facts#resetMethods',
  description: 'The methods that the kernel tries, in order.',
});

export const powerState = known(text).meta({
  id: 'facts#powerState',
  description: 'The power state, as in the kernel: D0, D3hot …',
});

export const bootVga = known(z.boolean()).meta({
  id: 'facts#bootVga',
  description: 'Whether the firmware used it as the boot display; null if it is not a VGA device.',
});

export const link = known(
  z.object({
    currentSpeedGts: known(z.number().positive()).describe('Gigatransfers per second.'),
    currentWidth: known(count),
    maxSpeedGts: known(z.number().positive()),
    maxWidth: known(count),
  }),
).meta({
  id: 'facts#link',
  description: 'The PCI Express link. A value below the maximum may be due to power saving.',
});

export const location = known(
  z.object({
    root: text.describe('The root complex above it: pci0000:00.'),
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
  description: 'The name of the slot or device in the firmware or the hot-plug controller.',
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
    description: 'The facts that identify the device after its address changed. Each part may be missing.',
  });

/** The main facts of a device. */
export type BriefDevice = DocumentOf<typeof briefDevice>;
