import { isUnknown } from '../../../base/known.ts';
import { homelessBars } from '../../../pci/config/homeless-bars.ts';
import { isDisplay } from '../../safety/display-claims.ts';
import { homelessText, ROOM_REMEDY } from '../room.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

export const deviceBars: DeviceRule = {
  id: 'device-bars',
  title: 'all its memory has an address',
  grade: 'fail',
  purposes: ['passthrough', 'gpu'],
  meaning:
    'Each of its BARs has an address (`resource`, and the registers of BARs that the kernel gave up), and a graphics card has memory. VFIO refuses or hides a BAR if the firmware left no room for it.',
  evaluate: (device) => {
    const { bars } = device;
    if (isUnknown(bars)) return unknownVerdict('addresses of its BARs', bars);
    const homeless = homelessBars(device);
    const isBlind =
      isDisplay(device) && !(bars ?? []).some(({ kind, address }) => kind === 'memory' && address !== null);
    if (homeless.length === 0 && !isBlind) {
      return (bars ?? []).length === 0 ? doesNotApply('has no BAR') : holds('each BAR has an address');
    }
    return violated(
      homeless.length > 0
        ? 'the firmware left no room for some of its memory'
        : 'is a display device without memory at an address',
      { evidence: homeless.map(homelessText), remedy: ROOM_REMEDY },
    );
  },
};
