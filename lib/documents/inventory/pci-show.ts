import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { attachments, lastSeen, mdevTypes, vfio, vpd } from '../facts/attachment-facts.ts';
import { diagnostics, host, known, text } from '../facts/basic-facts.ts';
import { configSpace } from '../facts/config-space.ts';
import { identity, link, location, modules, powerState, slotLabel } from '../facts/device-facts.ts';
import { group } from '../facts/group-facts.ts';
import { listedDevice } from './pci-list.ts';

const pciShowDocument = z
  .object({
    schema: z.literal('portal-gun/pci-show/v1'),
    host,
    device: z.object({
      ...listedDevice.shape,
      location,
      modules,
      powerState,
      link,
      config: known(configSpace).describe('Its configuration space.'),
      attachments,
      lastSeen: lastSeen.optional(),
      mdevTypes,
      vfio,
      vpd,
      slotLabel,
    }),
    identity,
    group: group
      .nullable()
      .describe('Its IOMMU group; null where it has none, or where that could not be read.'),
    passthrough: z
      .array(
        z.object({
          level: z
            .enum(['ok', 'needs', 'loses', 'warns', 'blocks', 'unknown'])
            .describe(
              'ok: nothing to do. needs: something must be done first. loses: what the host gives up. warns: it may work badly. blocks: it can not be passed through. unknown: could not be found out.',
            ),
          code: z
            .string()
            .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/)
            .describe('Stable name.'),
          message: text.describe('For a person.'),
        }),
      )
      .min(1)
      .describe('What it would take to pass it through to a VM.'),
    diagnostics,
  })
  .meta({ id: 'pci-show', title: 'pci show --json' });

/** `pci show --json`. */
export type PciShowDocument = DocumentOf<typeof pciShowDocument>;
