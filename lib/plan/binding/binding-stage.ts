import type { PersistedBinding } from './persisted-bindings.ts';

/** Why a binding can only be made late in a boot. */
export type LateReason = 'earlier-version' | 'twins' | 'storage' | 'boot-display' | 'class-unknown';

/**
 * The classes of functions that can have disks, by their first digits: mass storage, SD, USB and Thunderbolt, Fibre
 * Channel. The root file system may be on any of them.
 */
export const STORAGE_CLASSES: readonly string[] = ['01', '0805', '0c03', '0c04'];

/**
 * Why a binding is not made before the host drivers are loaded; `null` if it is. At that time only the configuration
 * space can be read: a serial number there proves the identity of the device. Without one it must be the only one of
 * its kind, which is not sufficient for a device that the host may boot from.
 */
export function lateReason(binding: PersistedBinding): LateReason | null {
  const { class: code, bootDisplay, vf } = binding;
  const { deviceSerial, only } = vf?.pf ?? binding;
  if (deviceSerial !== null) return null;
  if (only === undefined) return 'earlier-version';
  if (!only) return 'twins';
  if (code === undefined) return 'class-unknown';
  if (STORAGE_CLASSES.some((each) => code.startsWith(each))) return 'storage';
  return bootDisplay === true ? 'boot-display' : null;
}
