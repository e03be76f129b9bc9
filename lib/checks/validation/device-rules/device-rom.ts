import { isUnknown } from '../../../base/known.ts';
import { shortAddress } from '../../../pci/address.ts';
import { isDisplay } from '../../safety/display-claims.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

/** A guest can have its ROM from it. */
export const deviceRom: DeviceRule = {
  id: 'device-rom',
  title: 'a guest can have its option ROM from it',
  grade: 'warn',
  purposes: ['gpu', 'passthrough'],
  meaning:
    'It is not the display that the host boots with (`boot_vga`): of that the kernel has but the copy that the firmware ran, and changed. A guest may need the ROM of a graphics card for its picture.',
  evaluate: (device) => {
    if (!isDisplay(device)) return doesNotApply('is no display device');
    if (isUnknown(device.bootVga)) return unknownVerdict('whether the host boots with it', device.bootVga);
    if (device.bootVga !== true) return holds('the host does not boot with it');
    return violated('is the boot display: its ROM is a copy that the firmware ran', {
      evidence: ['boot_vga is 1'],
      remedy: `read its ROM while another card is the boot display, and give that to the machine: pci xml ${shortAddress(device.address)} --rom FILE`,
    });
  },
};
