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
              'in-force: at its place, on its driver. not-in-force: at its place, on another driver or none. moved: at another place, identified by a serial number or MAC. replaced: another device is at its place. missing: not on the bus. ambiguous: several devices match. unknown: the identifying facts cannot be read.',
            ),
          device: boundDevice.describe(
            'Its device; if replaced, the device at its place; if unknown, the device that it may be; null for none.',
          ),
          instead: boundDevice
            .describe('If it moved, or may have moved, the device at its place now; null for none.')
            .optional(),
          stage: z
            .enum(['early', 'late'])
            .describe(
              'The stage of the boot that binds it: early, before host drivers are loaded, or late, by portal-gun.service.',
            )
            .optional(),
        }),
      )
      .describe('By the recorded address of each.'),
    outdated: z
      .array(text)
      .describe(
        'Files that must change before the next boot can bind these; the state of the initramfs is one.',
      ),
    late: lateDevices.optional(),
    warnings: z
      .array(text)
      .describe('Settings of the host that may have prevented early bindings, if a binding is not in force.')
      .optional(),
    unrecorded: z
      .array(boundUntilReboot)
      .describe(
        'Devices that are on a VFIO driver now, and that no record binds at the next boot; omitted if the records cannot be read.',
      )
      .optional(),
    recovery: pendingRecovery.optional(),
    diagnostics,
  })
  .meta({ id: 'pci-bindings', title: 'pci bindings --json' });

/** `pci bindings --json`. */
export type PciBindingsDocument = DocumentOf<typeof pciBindingsDocument>;
