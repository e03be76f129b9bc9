import { isUnknown } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { isDisplay } from '../../../safety/display-claims.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const spareDisplay: HostRule = {
  id: 'spare-display',
  title: 'the host has a spare display device',
  grade: 'warn',
  purposes: ['gpu'],
  meaning:
    'There is a display device other than the boot display (`boot_vga`). The boot display can also be passed through. The host then has no screen, and the kernel has only a copy of its ROM that the firmware changed when it ran.',
  evaluate: ({ devices }) => {
    if (devices === null) return doesNotApply('the host has no PCI bus');
    const displays = devices.filter(isDisplay);
    if (displays.length === 0) {
      return violated('the host has no display device that could be passed through', {
        remedy: 'install a graphics card',
        grade: 'fail',
      });
    }
    const spare = displays.filter(({ bootVga }) => bootVga === false || bootVga === null);
    if (spare.length > 0)
      return holds(`${spare.map(({ address }) => shortAddress(address)).join(', ')} can be spared`);
    const unknown = displays.map(({ bootVga }) => bootVga).find(isUnknown);
    if (unknown !== undefined) return unknownVerdict('the boot display', unknown);
    return violated(
      `${shortAddress((displays[0] as (typeof displays)[number]).address)} is the only display, and the boot display`,
      {
        remedy:
          'set up access over the network or a serial line before you pass it through, and use a ROM for the VM that was read elsewhere (pci xml --rom FILE)',
      },
    );
  },
};
