import { isUnknown } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { isClaimed } from '../../../../pci/driver-claim.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

/** Other settings take no device that the host uses. */
export const boundElsewhere: HostRule = {
  id: 'bound-elsewhere',
  title: 'no setting takes a device of the host at the next boot',
  grade: 'warn',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'Settings that are not of `pci` give devices to a driver at each boot: `vfio-pci.ids=` on the kernel command line, `options vfio-pci ids=` in modprobe.d(5), overrides of driverctl(8), `xen-pciback.hide=`. Ids take every device of their kind. The rule warns if one of the devices is on a driver of the host now.',
  evaluate: ({ devices, facts: { driverClaims: claims } }) => {
    if (isUnknown(claims)) return unknownVerdict('what else gives devices to drivers at a boot', claims);
    if (claims === null || claims.length === 0) return holds('nothing else gives devices to drivers');
    const where = claims.map((claim) => claim.where);
    const lost = claims.flatMap((claim) =>
      (devices ?? []).flatMap((device) =>
        isClaimed(claim, device) && typeof device.driver === 'string' && device.driver !== claim.driver
          ? [`${shortAddress(device.address)} (${device.driver})`]
          : [],
      ),
    );
    const names = [...new Set(lost)];
    if (names.length === 0) return holds('other settings take no device of the host', ...where);
    return violated(`other settings take ${listSome(names)} from the host at the next boot`, {
      evidence: where,
      remedy: 'take the setting away, and bind by address: pci bind DEVICE --persist',
    });
  },
};
