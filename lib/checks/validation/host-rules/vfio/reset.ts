import { isUnknown, knownValue, UNREAD } from '../../../../base/known.ts';
import { count } from '../../../../base/text.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { categoryOf } from '../../../../pci/device-class.ts';
import { isBridge } from '../../../../pci/group/iommu-group.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

const GIVEN = ['network', 'display', 'storage', 'usb', 'audio'];

/** Devices can be reset. */
export const reset: HostRule = {
  id: 'reset',
  title: 'devices can be reset',
  grade: 'note',
  purposes: ['passthrough', 'gpu'],
  meaning:
    'The kernel knows a way to reset (`reset_method`, Linux 5.15 and later) each device of the kinds that are given to machines. What one machine leaves in a device without one, the next finds, and it may not start a second time.',
  evaluate: ({ devices, tellsResetMethods }) => {
    if (devices === null) return doesNotApply('the host shows no PCI bus');
    const given = devices.filter(
      (device) => !isBridge(device) && GIVEN.includes(categoryOf(knownValue(device.class)?.code ?? '')),
    );
    if (given.length === 0) return doesNotApply('the host has no device of a kind that is given away');
    if (!tellsResetMethods) return unknownVerdict('how devices can be reset', UNREAD);
    const stuck = given.filter(
      ({ resetMethods }) => resetMethods === null || (knownValue(resetMethods)?.length ?? 1) === 0,
    );
    if (stuck.length > 0) {
      return violated(`${count(stuck.length, 'device')} can not be reset`, {
        evidence: [listSome(stuck.map(({ address }) => shortAddress(address)))],
        remedy: 'try such a device before you depend on it; a restart of the host is what resets it for sure',
      });
    }
    const unknown = given.map(({ resetMethods }) => resetMethods).find(isUnknown);
    return unknown === undefined
      ? holds('each device can be reset')
      : unknownVerdict('how devices can be reset', unknown);
  },
};
