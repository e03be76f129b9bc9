import type { Known } from '../../base/known.ts';
import { isPassthroughDriver } from '../vfio-state.ts';

/** Drivers of devices with SR-IOV that make no VFs: they have no `sriov_configure`, and writing `sriov_numvfs` fails. */
const MAKES_NONE: ReadonlySet<string> = new Set([
  ...['uio_pci_generic', 'igb_uio', 'pciback', 'xen-pciback'],
  ...['nouveau', 'amdgpu', 'radeon', 'ast', 'snd_hda_intel', 'xhci_hcd', 'ahci'],
  ...['megaraid_sas', 'mpt3sas', 'smartpqi', 'aacraid', 'hpsa'],
]);

/** Why a function with SR-IOV makes no VFs on its driver, as a clause about it; `null` where nothing speaks against it. */
export function whyNoVfs(driver: Known<string>): string | null {
  if (driver === null) return 'has no driver, which is what makes VFs';
  if (typeof driver !== 'string') return null;
  return isPassthroughDriver(driver) || MAKES_NONE.has(driver) ? `is on ${driver}, which makes no VFs` : null;
}
