import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { diagnostics, host, text } from '../facts/basic-facts.ts';
import { briefDevice, iommuGroup } from '../facts/device-facts.ts';

const treeNode = z.object({
  address: briefDevice.shape.address,
  class: briefDevice.shape.class,
  vendor: briefDevice.shape.vendor,
  device: briefDevice.shape.device,
  driver: briefDevice.shape.driver,
  iommuGroup,
  get children() {
    return z.array(treeNode);
  },
});
// A separate expression, because the type of the object could not be inferred otherwise.
treeNode.register(z.globalRegistry, {
  id: 'pci-tree#node',
  description: 'A function, with the functions on the buses behind it.',
});

const pciTreeDocument = z
  .object({
    schema: z.literal('portal-gun/pci-tree/v1'),
    host,
    roots: z.array(
      z.object({
        root: text.nullable().describe('A root bus: pci0000:00; null for devices whose place is unknown.'),
        children: z.array(treeNode),
      }),
    ),
    diagnostics,
  })
  .meta({ id: 'pci-tree', title: 'pci tree --json' });

/** `pci tree --json`. */
export type PciTreeDocument = DocumentOf<typeof pciTreeDocument>;

/** A function, with the functions on the buses behind it. */
export type TreeNode = DocumentOf<typeof treeNode>;
