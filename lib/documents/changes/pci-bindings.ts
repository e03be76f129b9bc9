import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, diagnostics, host, known, text } from '../facts/basic-facts.ts';
import { boundUntilReboot, pendingRecovery } from './pending-recovery.ts';
import { binding, lateDevices } from './persisted-device.ts';

const boundDevice = z
  .object({ address, driver: known(z.string()) })
  .nullable()
  .meta({ id: 'pci-bindings#boundDevice' });

const pciBindingsDocument = z
  .object({
    schema: z.literal('portal-gun/pci-bindings/v1'),
    host,
    bindings: z
      .array(
        z.object({
          binding,
          state: z
            .enum(['in-force', 'not-in-force', 'moved', 'replaced', 'missing', 'ambiguous', 'unknown'])
            .describe(
              'in-force: at its place, on its driver. not-in-force: there, on another driver or on none. moved: at another place, known by a serial number or MAC. replaced: another device is at its place. missing: nowhere. ambiguous: several devices may be it. unknown: what would tell can not be read.',
            ),
          device: boundDevice.describe(
            'Its device; of one that was replaced, what is at its place; of one that is not known, what may be it; null for none.',
          ),
          instead: boundDevice
            .describe('Of one that moved, or may have, the device that is at its place now; null for none.')
            .optional(),
          stage: z
            .enum(['early', 'late'])
            .describe(
              'When in a boot it is bound: early, before drivers of the host are loaded, or late, by portal-gun.service.',
            )
            .optional(),
        }),
      )
      .describe('By the address at which each was written down.'),
    outdated: z
      .array(text)
      .describe(
        'Files that are not what they have to be for the next boot to bind these; the state of the initial RAM disks is one.',
      ),
    late: lateDevices.optional(),
    warnings: z
      .array(text)
      .describe('What of the host may have kept bindings from being made early, where one is not in force.')
      .optional(),
    unrecorded: z
      .array(boundUntilReboot)
      .describe(
        'Devices that are on a VFIO driver now, and that nothing binds at the next boot; not there if the host does not tell what is recorded.',
      )
      .optional(),
    recovery: pendingRecovery.optional(),
    diagnostics,
  })
  .meta({ id: 'pci-bindings', title: 'pci bindings --json' });

/** `pci bindings --json`. */
export type PciBindingsDocument = DocumentOf<typeof pciBindingsDocument>;
