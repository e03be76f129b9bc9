import type { DeviceField, DeviceWith } from '../../pci/device.ts';
import { GROUP_FIELDS } from '../../pci/group/iommu-group.ts';

/** The facts of every device that the rules need; those that `groupDevices` needs are among them. */
export const SAFETY_FIELDS = [
  ...GROUP_FIELDS,
  'bars',
  'resetMethods',
  'bootVga',
  'netInterfaces',
  'blockDevices',
  'attachments',
] as const satisfies readonly DeviceField[];
/** One of {@link SAFETY_FIELDS}. */
export type SafetyField = (typeof SAFETY_FIELDS)[number];

/** A function with the facts that the rules need. */
export type SafetyDevice = DeviceWith<SafetyField>;

/** The facts of every device that `checkRomReading` needs. */
export const ROM_SAFETY_FIELDS = [
  'class',
  'driver',
  'vfio',
  'iommuGroup',
  'rom',
  'attachments',
  'location',
] as const satisfies readonly DeviceField[];
/** One of {@link ROM_SAFETY_FIELDS}. */
export type RomSafetyField = (typeof ROM_SAFETY_FIELDS)[number];

/** A function with the facts that the rules for reading its ROM need. */
export type RomSafetyDevice = DeviceWith<RomSafetyField>;
