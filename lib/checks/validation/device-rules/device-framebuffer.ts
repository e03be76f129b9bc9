import { isUnknown } from '../../../base/known.ts';
import { claimsOn, isDisplay } from '../../safety/display-claims.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

export const deviceFramebuffer: DeviceRule = {
  id: 'device-framebuffer',
  title: 'the boot display holds no memory of it',
  grade: 'fail',
  purposes: ['gpu', 'passthrough'],
  meaning: 'The driver of the boot display holds none of its memory (`/proc/iomem`, which requires root).',
  evaluate: (device, { use: { displayClaims } }) => {
    if (!isDisplay(device)) return doesNotApply('is not a display device');
    if (isUnknown(displayClaims)) return unknownVerdict('memory that the boot display holds', displayClaims);
    const held = claimsOn(device, displayClaims ?? []);
    if (held.length === 0) return holds('the boot display holds no memory of it');
    return violated(`${held[0]?.owner} holds its memory`, {
      evidence: held.map(({ owner, start, end }) => `/proc/iomem: ${owner} holds ${start} to ${end}`),
      remedy:
        'make another card the boot display in the firmware; or add initcall_blacklist=sysfb_init to the kernel command line (before Linux 5.15: video=efifb:off)',
    });
  },
};
