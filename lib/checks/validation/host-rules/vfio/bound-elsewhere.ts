import { isUnknown } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { isClaimed } from '../../../../pci/driver-claim.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

export const boundElsewhere: HostRule = {
  id: 'bound-elsewhere',
  title: 'no setting takes a device of the host at the next boot',
  grade: 'warn',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'Settings outside of `pci` bind devices to a driver at each boot: `vfio-pci.ids=` on the kernel command line, `options vfio-pci ids=` in modprobe.d(5), overrides of driverctl(8), `xen-pciback.hide=`. Ids match every device of their kind. The rule warns if one of these devices is on a host driver now.',
  evaluate: ({ devices, facts: { driverClaims: claims } }) => {
    if (isUnknown(claims)) return unknownVerdict('other settings that bind devices at boot', claims);
    if (claims === null || claims.length === 0) return holds('no other setting binds devices');
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
      remedy: 'remove the setting, and bind by address: pci bind DEVICE --persist',
    });
  },
};
