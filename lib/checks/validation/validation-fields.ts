import type { DeviceField, DeviceWith } from '../../pci/device.ts';
import { SAFETY_FIELDS } from '../safety/safety-fields.ts';

/** The facts of every device that the rules need. */
export const VALIDATION_FIELDS = [
  ...SAFETY_FIELDS,
  'vendor',
  'device',
  'subsystem',
  'driverOverride',
] as const satisfies readonly DeviceField[];

/** A function with the facts that the rules need. */
export type ValidatedDevice = DeviceWith<(typeof VALIDATION_FIELDS)[number]>;
