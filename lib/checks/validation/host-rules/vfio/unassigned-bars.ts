import { isUnknown } from '../../../../base/known.ts';
import { count } from '../../../../base/text.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { homelessBars } from '../../../../pci/config/homeless-bars.ts';
import { homelessText, ROOM_REMEDY } from '../../room.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const unassignedBars: HostRule = {
  id: 'unassigned-bars',
  title: 'all device memory has an address',
  grade: 'warn',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'Every BAR has an address (`resource` of each device, and the registers of BARs that the kernel gave up). If the firmware left no room for a BAR, a VM cannot use it either. Large BARs of graphics cards and SR-IOV need a firmware setting for addresses above 4 GiB.',
  evaluate: ({ devices: all, asked }) => {
    const devices = asked ?? all;
    if (devices === null) return doesNotApply('the host has no PCI bus');
    const homeless = devices.flatMap((device) =>
      homelessBars(device).map((bar) => `${shortAddress(device.address)}: ${homelessText(bar)}`),
    );
    if (homeless.length > 0) {
      return violated(`${count(homeless.length, 'BAR')} of devices have no address`, {
        evidence: homeless,
        remedy: ROOM_REMEDY,
      });
    }
    const unknown = devices.map(({ bars }) => bars).find(isUnknown);
    return unknown === undefined
      ? holds('every BAR has an address')
      : unknownVerdict('addresses of BARs', unknown);
  },
};
