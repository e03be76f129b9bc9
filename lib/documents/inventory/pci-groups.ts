import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, diagnostics, host, known, names } from '../facts/basic-facts.ts';
import { group } from '../facts/group-facts.ts';

const pciGroupsDocument = z
  .object({
    schema: z.literal('portal-gun/pci-groups/v1'),
    host,
    iommu: z.object({
      units: names.describe('The IOMMUs that the kernel drives: dmar0, ivhd0. Empty if none is in use.'),
      firmwareTables: known(names).describe(
        'The IOMMU tables of the firmware: DMAR, IVRS, VIOT, IORT, RIMT; null without ACPI.',
      ),
    }),
    groups: z.array(group).describe('By number.'),
    ungrouped: z.array(address).describe('Devices that are in no group, or whose group could not be read.'),
    diagnostics,
  })
  .meta({ id: 'pci-groups', title: 'pci groups --json' });

/** `pci groups --json`. */
export type PciGroupsDocument = DocumentOf<typeof pciGroupsDocument>;
