import { isUnknown } from '../../../base/known.ts';
import { shortAddress } from '../../../pci/address.ts';
import { isDisplay } from '../../safety/display-claims.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

export const deviceRom: DeviceRule = {
  id: 'device-rom',
  title: 'a guest can get its own option ROM',
  grade: 'warn',
  purposes: ['gpu', 'passthrough'],
  meaning:
    'It is not the boot display (`boot_vga`). For the boot display, the kernel has only the copy of the ROM that the firmware ran and changed. A guest may need the ROM of a graphics card to show a picture.',
  evaluate: (device) => {
    if (!isDisplay(device)) return doesNotApply('is not a display device');
    if (isUnknown(device.bootVga)) return unknownVerdict('the boot display', device.bootVga);
    if (device.bootVga !== true) return holds('is not the boot display');
    return violated('is the boot display: its ROM is a copy that the firmware ran', {
      evidence: ['boot_vga is 1'],
      remedy: `read its ROM while another card is the boot display, and use that file for the VM: pci xml ${shortAddress(device.address)} --rom FILE`,
    });
  },
};
