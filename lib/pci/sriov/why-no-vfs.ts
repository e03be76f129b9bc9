import type { Known } from '../../base/known.ts';
import { isPassthroughDriver } from '../vfio-state.ts';

/**
 * Drivers of SR-IOV devices that create no VFs: they have no `sriov_configure`, and a write to `sriov_numvfs` fails.
 */
const MAKES_NONE: ReadonlySet<string> = new Set([
  ...['uio_pci_generic', 'igb_uio', 'pciback', 'xen-pciback'],
  ...['nouveau', 'amdgpu', 'radeon', 'ast', 'snd_hda_intel', 'xhci_hcd', 'ahci'],
  ...['megaraid_sas', 'mpt3sas', 'smartpqi', 'aacraid', 'hpsa'],
]);

/** Why the driver of a function with SR-IOV creates no VFs, as a clause; `null` if no reason is known. */
export function whyNoVfs(driver: Known<string>): string | null {
  if (driver === null) return 'has no driver, and only a driver creates VFs';
  if (typeof driver !== 'string') return null;
  return isPassthroughDriver(driver) || MAKES_NONE.has(driver) ? `is on ${driver}, which makes no VFs` : null;
}
