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
    group: group.nullable().describe('Its IOMMU group; null if it has none, or if it could not be read.'),
    passthrough: z
      .array(
        z.object({
          level: z
            .enum(['ok', 'needs', 'loses', 'warns', 'blocks', 'unknown'])
            .describe(
              'ok: no action needed. needs: an action is needed first. loses: the host loses something. warns: it may work badly. blocks: it cannot be passed through. unknown: could not be checked.',
            ),
          code: z
            .string()
            .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/)
            .describe('Stable name.'),
          message: text.describe('Text for a user.'),
        }),
      )
      .min(1)
      .describe('The conditions for passing it through to a VM.'),
    diagnostics,
  })
  .meta({ id: 'pci-show', title: 'pci show --json' });

/** `pci show --json`. */
export type PciShowDocument = DocumentOf<typeof pciShowDocument>;
