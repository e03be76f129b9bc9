import { isUnknown } from '../../../../base/known.ts';
import { count } from '../../../../base/text.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { homelessBars } from '../../../../pci/config/homeless-bars.ts';
import { homelessText, ROOM_REMEDY } from '../../room.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** Every BAR has its place. */
export const unassignedBars: HostRule = {
  id: 'unassigned-bars',
  title: 'all memory of devices has a place',
  grade: 'warn',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'Every BAR has an address (`resource` of each device, and the registers of those that the kernel gave up). One for which the firmware left no room is of no use to a machine either; for large ones, as of graphics cards and SR-IOV, the firmware has to be told to use addresses above 4 GiB.',
  evaluate: ({ devices: all, asked }) => {
    const devices = asked ?? all;
    if (devices === null) return doesNotApply('the host shows no PCI bus');
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
      : unknownVerdict('where BARs are', unknown);
  },
};
