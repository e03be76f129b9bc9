import { UNREAD } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { homelessVfBars, tellsVfBars } from '../../../../pci/config/homeless-bars.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import { homelessText, ROOM_REMEDY } from '../../room.ts';
import { hasSriov } from '../../sriov-ability.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const sriovFirmware: HostRule = {
  id: 'sriov-firmware',
  title: 'the firmware has room for VFs',
  grade: 'fail',
  purposes: ['sriov'],
  meaning:
    'Each VF BAR has an address (`resource` of the card, and its SR-IOV capability, which only root can read). If the firmware or the kernel left no room for one of them, no VF can be created.',
  evaluate: ({ devices }) => {
    const told = (devices ?? []).filter(hasSriov);
    if (told.length === 0) return doesNotApply('no card is known to have SR-IOV');
    const without = told.flatMap((device) => {
      const bars = homelessVfBars(device);
      return bars.length === 0 ? [] : [{ address: shortAddress(device.address), bars }];
    });
    if (without.length > 0) {
      return violated(`no room for VFs of ${listSome(without.map(({ address }) => address))}`, {
        evidence: without.flatMap(({ address, bars }) =>
          bars.map((bar) => `${address}: ${homelessText(bar)} (of VFs)`),
        ),
        remedy: `enable SR-IOV in the firmware setup, and ${ROOM_REMEDY}`,
      });
    }
    const unknown = told.filter((device) => !tellsVfBars(device));
    return unknown.length === 0 ? holds('VFs have room') : unknownVerdict('addresses of VF BARs', UNREAD);
  },
};
