import * as z from 'zod';
import { count, known, names, text, unknownFact } from './basic-facts.ts';

export const attachments = known(
  z.array(
    z.object({
      kind: text.describe("The kernel's class: net, block, drm, usb …"),
      name: text.describe("The kernel's name: enp1s0, nvme0n1, card0."),
      mac: known(z.string()).describe('The MAC of a network interface.'),
      state: known(z.string()).describe('The operational state of a network interface, as in the kernel.'),
      serial: known(z.string()).describe('The serial number of a drive (NVMe, virtio-blk).'),
      sizeBytes: known(count).describe('The size of a block device.'),
      model: z
        .union([z.string(), unknownFact])
        .describe('The model of an NVMe drive; omitted for other kinds.')
        .optional(),
      worldWideName: z
        .union([z.string(), unknownFact])
        .describe(
          'A unique name: of a Fibre Channel or SAS host, an InfiniBand node, a Thunderbolt host, a GPU, an NVMe drive without a serial number; omitted for other kinds.',
        )
        .optional(),
    }),
  ),
).meta({ id: 'facts#attachments', description: 'All devices of the host that depend on it.' });

export const lastSeen = known(
  z.object({
    drive: z.string().nullable().describe('The serial number of the drive.'),
    model: z.string().nullable().describe('The model of the drive.'),
    wwn: z.string().nullable().describe('Its world wide name.'),
    guid: z.string().nullable().describe('The GUID of its InfiniBand node.'),
    mac: z.string().nullable().describe('The MAC of its only network interface.'),
  }),
).meta({
  id: 'facts#lastSeen',
  description:
    'The identity of the device in this boot before pci bound it to a VFIO driver; null if it is not on a VFIO driver, or was bound by another tool.',
});

export const mdevTypes = known(names).meta({
  id: 'facts#mdevTypes',
  description: 'Types of mediated devices that it can create.',
});

export const vfio = known(
  z.object({
    node: z.string().nullable().describe('Its entry in vfio-dev/: vfio0; null if it has none.'),
    vgpuType: known(z.int().min(0)).describe(
      'nvidia/current_vgpu_type: 0 for a VF without a vGPU type; null if its driver does not make it a vGPU.',
    ),
  }),
).meta({
  id: 'facts#vfio',
  description: 'Facts from VFIO and the driver of a vGPU; null if neither provides any.',
});

const vpdFields = z.record(z.string().regex(/^[0-9A-Za-z]{2}$/), z.string()).meta({ id: 'facts#vpdFields' });

export const vpd = known(
  z.object({
    productName: known(z.string()),
    fields: vpdFields.describe('The read-only fields, keyword to text.'),
    writableFields: vpdFields,
    serial: known(z.string()).describe('Field SN.'),
    partNumber: known(z.string()).describe('Field PN.'),
    problems: names.describe('Problems of the data, one sentence each.'),
  }),
).meta({ id: 'facts#vpd', description: 'Vital product data, which the maker wrote to the card.' });
