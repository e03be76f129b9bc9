import { isUnknown, knownValue, UNREAD } from '../../../../base/known.ts';
import { count } from '../../../../base/text.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { categoryOf } from '../../../../pci/device-class.ts';
import { isBridge } from '../../../../pci/group/iommu-group.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

const GIVEN = ['network', 'display', 'storage', 'usb', 'audio'];

export const reset: HostRule = {
  id: 'reset',
  title: 'devices can be reset',
  grade: 'note',
  purposes: ['passthrough', 'gpu'],
  meaning:
    'The kernel has a method to reset (`reset_method`, Linux 5.15 and newer) each device of a kind that VMs get. Without one, the next VM gets the state that the last VM left in the device, and it may not start a second time.',
  evaluate: ({ devices: all, asked, tellsResetMethods }) => {
    const devices = asked ?? all;
    if (devices === null) return doesNotApply('the host has no PCI bus');
    const given = devices.filter(
      (device) => !isBridge(device) && GIVEN.includes(categoryOf(knownValue(device.class)?.code ?? '')),
    );
    if (given.length === 0) {
      const who = asked === null ? 'the host has no device' : 'no named device is';
      return doesNotApply(`${who} of a kind that VMs get`);
    }
    if (!tellsResetMethods) return unknownVerdict('reset methods', UNREAD);
    const stuck = given.filter(
      ({ resetMethods }) => resetMethods === null || (knownValue(resetMethods)?.length ?? 1) === 0,
    );
    if (stuck.length > 0) {
      return violated(`${count(stuck.length, 'device')} cannot be reset`, {
        evidence: [listSome(stuck.map(({ address }) => shortAddress(address)))],
        remedy:
          'test such a device before you depend on it; only a reboot of the host is certain to reset it',
      });
    }
    const unknown = given.map(({ resetMethods }) => resetMethods).find(isUnknown);
    return unknown === undefined
      ? holds('each device can be reset')
      : unknownVerdict('reset methods', unknown);
  },
};
