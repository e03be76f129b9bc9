import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, count, diagnostics, host, known, text } from '../facts/basic-facts.ts';
import { driver, driverOverride, iommuGroup, namedId, netInterfaces } from '../facts/device-facts.ts';
import { vfSettings } from '../facts/sriov-facts.ts';
import { pendingRecovery } from './pending-recovery.ts';

const knownCount = known(count).meta({ id: 'sriov#count' });

const knownFlag = known(z.boolean()).meta({ id: 'sriov#flag' });

const virtualFunctionRow = z
  .object({
    index: count,
    address,
    driver,
    driverOverride,
    iommuGroup,
    netInterfaces,
    settings: known(vfSettings).describe(
      'The settings that its PF enforces; null if the PF has no network interface, unknown on a captured host.',
    ),
  })
  .meta({ id: 'sriov#vf' });

const sriovDocument = z
  .object({
    schema: z.literal('portal-gun/sriov/v1'),
    host,
    pfs: z
      .array(
        z.object({
          address,
          vendor: namedId,
          device: namedId,
          driver,
          totalVfs: knownCount.describe('The maximum number of VFs.'),
          numVfs: knownCount,
          autoprobe: knownFlag.describe('Whether the kernel looks for drivers for new VFs.'),
          interface: z
            .object({ name: text, up: knownFlag.describe('Whether it is up.') })
            .nullable()
            .describe('Its network interface; null if it has none.'),
          persisted: known(z.enum(['in-force', 'not-in-force'])).describe(
            'Whether it has the VFs and settings that are recorded for each boot; null if none are recorded.',
          ),
          vfs: z.array(virtualFunctionRow),
        }),
      )
      .describe('The physical functions, by address, each with its VFs by index.'),
    recovery: pendingRecovery.optional(),
    diagnostics,
  })
  .meta({ id: 'sriov', title: 'pci sriov list --json' });

/** `pci sriov list --json`. */
export type SriovDocument = DocumentOf<typeof sriovDocument>;
