import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { bars, romRegister } from '../facts/bar-facts.ts';
import { address, diagnostics, host } from '../facts/basic-facts.ts';
import {
  blockDevices,
  bootVga,
  deviceClass,
  driver,
  driverOverride,
  iommuGroup,
  namedId,
  netInterfaces,
  numaNode,
  resetMethods,
  revision,
  subsystem,
} from '../facts/device-facts.ts';
import { sriovRole } from '../facts/sriov-facts.ts';

export const listedDevice = z
  .object({
    address,
    class: deviceClass,
    vendor: namedId,
    device: namedId,
    subsystem,
    revision,
    driver,
    driverOverride,
    iommuGroup,
    numaNode,
    bars,
    rom: romRegister,
    resetMethods,
    bootVga,
    sriov: sriovRole,
    netInterfaces,
    blockDevices,
  })
  .meta({
    id: 'pci-list#listedDevice',
    description: 'A PCI function; also the format of a line of --format ndjson.',
  });

const pciListDocument = z
  .object({
    schema: z.literal('portal-gun/pci-list/v1'),
    host,
    devices: z.array(listedDevice).describe('By address, or in the order of --sort.'),
    diagnostics,
  })
  .meta({ id: 'pci-list', title: 'pci list --json' });

/** `pci list --json`. */
export type PciListDocument = DocumentOf<typeof pciListDocument>;
