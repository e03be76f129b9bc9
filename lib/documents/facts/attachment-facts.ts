import * as z from 'zod';
import { count, known, names, text, unknownFact } from './basic-facts.ts';

export const attachments = known(
  z.array(
    z.object({
      kind: text.describe("The kernel's class: net, block, drm, usb …"),
      name: text.describe("The kernel's name: enp1s0, nvme0n1, card0."),
      mac: known(z.string()).describe('Of a network interface.'),
      state: known(z.string()).describe("Of a network interface: the kernel's operational state."),
      serial: known(z.string()).describe('Of a drive (NVMe, virtio-blk).'),
      sizeBytes: known(count).describe('Of a block device.'),
      model: z
        .union([z.string(), unknownFact])
        .describe('Of an NVMe drive; not there for other kinds.')
        .optional(),
      worldWideName: z
        .union([z.string(), unknownFact])
        .describe(
          'A name that no other device has: of a Fibre Channel or SAS host, an InfiniBand node, a Thunderbolt host, a GPU, an NVMe drive without a serial number; not there for other kinds.',
        )
        .optional(),
    }),
  ),
).meta({ id: 'facts#attachments', description: 'Everything of the host that hangs on it.' });

export const lastSeen = known(
  z.object({
    drive: z.string().nullable().describe('The serial number of the drive that it is.'),
    model: z.string().nullable().describe('The model of that drive.'),
    wwn: z.string().nullable().describe('Its world wide name.'),
    guid: z.string().nullable().describe('The GUID of its InfiniBand node.'),
    mac: z.string().nullable().describe('The MAC of its only network interface.'),
  }),
).meta({
  id: 'facts#lastSeen',
  description:
    'What identified it in this boot before a VFIO driver took it, if pci bound it; null for what is on no VFIO driver, or was bound by another.',
});

export const mdevTypes = known(names).meta({
  id: 'facts#mdevTypes',
  description: 'Types of mediated devices that it can make.',
});

export const vfio = known(
  z.object({
    node: z.string().nullable().describe('Its entry in vfio-dev/: vfio0; null if it has none.'),
    vgpuType: known(z.int().min(0)).describe(
      'nvidia/current_vgpu_type: 0 for a VF without a vGPU type; null if its driver makes no vGPU of it.',
    ),
  }),
).meta({
  id: 'facts#vfio',
  description: 'What VFIO and the driver of a vGPU say of it; null if neither says anything.',
});

const vpdFields = z.record(z.string().regex(/^[0-9A-Za-z]{2}$/), z.string()).meta({ id: 'facts#vpdFields' });

export const vpd = known(
  z.object({
    productName: known(z.string()),
    fields: vpdFields.describe('The read-only fields, keyword to text.'),
    writableFields: vpdFields,
    serial: known(z.string()).describe('Field SN.'),
    partNumber: known(z.string()).describe('Field PN.'),
    problems: names.describe('What is wrong with the data, a sentence each.'),
  }),
).meta({ id: 'facts#vpd', description: 'Vital product data, as the maker wrote it into the card.' });
