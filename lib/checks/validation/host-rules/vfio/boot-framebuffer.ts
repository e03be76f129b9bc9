import { isUnknown, knownValue } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { claimsOn, isDisplay } from '../../../safety/display-claims.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const bootFramebuffer: HostRule = {
  id: 'boot-framebuffer',
  title: 'the boot display holds no memory of a graphics card',
  grade: 'fail',
  purposes: ['gpu'],
  meaning:
    'The driver of the boot display holds no memory of a graphics card (`/proc/iomem`, which requires root: efifb, vesafb, simplefb, BOOTFB). While it does, VFIO cannot map that memory, and a VM with the card has no picture or does not start.',
  evaluate: ({ devices, use: { displayClaims } }) => {
    const displays = (devices ?? []).filter(isDisplay);
    if (displays.length === 0) return doesNotApply('the host has no display device');
    if (isUnknown(displayClaims)) return unknownVerdict('memory that the boot display holds', displayClaims);
    const held = displays.flatMap((device) =>
      claimsOn(device, knownValue(displayClaims) ?? []).map(({ owner }) => ({ device, owner })),
    );
    if (held.length === 0) return holds('the boot display holds no memory of a graphics card');
    const cards = [...new Set(held.map(({ device }) => shortAddress(device.address)))];
    return violated(`the boot display holds memory of ${listSome(cards)}`, {
      evidence: held.map(({ device, owner }) => `${shortAddress(device.address)}: ${owner}`),
      remedy:
        'make another card the boot display in the firmware; or add initcall_blacklist=sysfb_init to the kernel command line (before Linux 5.15: video=efifb:off), which leaves the host without a picture until a driver loads',
    });
  },
};
