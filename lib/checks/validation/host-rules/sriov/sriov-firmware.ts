import { UNREAD } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { homelessVfBars, tellsVfBars } from '../../../../pci/config/homeless-bars.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import { homelessText, ROOM_REMEDY } from '../../room.ts';
import { hasSriov } from '../../sriov-ability.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** Virtual functions have room. */
export const sriovFirmware: HostRule = {
  id: 'sriov-firmware',
  title: 'the firmware has room for virtual functions',
  grade: 'fail',
  purposes: ['sriov'],
  meaning:
    'Each BAR of virtual functions has an address (`resource` of their card, and its capability of SR-IOV, which root alone can read). If the firmware, or the kernel, left no room for one of them, none can be made.',
  evaluate: ({ devices }) => {
    const told = (devices ?? []).filter(hasSriov);
    if (told.length === 0) return doesNotApply('no card is known to have SR-IOV');
    const without = told.flatMap((device) => {
      const bars = homelessVfBars(device);
      return bars.length === 0 ? [] : [{ address: shortAddress(device.address), bars }];
    });
    if (without.length > 0) {
      return violated(`no room for virtual functions of ${listSome(without.map(({ address }) => address))}`, {
        evidence: without.flatMap(({ address, bars }) =>
          bars.map((bar) => `${address}: ${homelessText(bar)} (of virtual functions)`),
        ),
        remedy: `switch on SR-IOV in the setup of the firmware, and ${ROOM_REMEDY}`,
      });
    }
    const unknown = told.filter((device) => !tellsVfBars(device));
    return unknown.length === 0
      ? holds('virtual functions have room')
      : unknownVerdict('whether virtual functions have room', UNREAD);
  },
};
