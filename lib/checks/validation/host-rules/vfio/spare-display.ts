import { isUnknown } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { isDisplay } from '../../../safety/display-claims.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** The host keeps a display when a graphics card goes. */
export const spareDisplay: HostRule = {
  id: 'spare-display',
  title: 'the host has a display to spare',
  grade: 'warn',
  purposes: ['gpu'],
  meaning:
    'There is a display device that is not the one that the firmware boots with (`boot_vga`). The boot display can be given away too; the host is without a screen then, and the copy of its ROM that the kernel has is that of the firmware, changed by its run.',
  evaluate: ({ devices }) => {
    if (devices === null) return doesNotApply('the host shows no PCI bus');
    const displays = devices.filter(isDisplay);
    if (displays.length === 0) {
      return violated('the host has no display device that could be given away', {
        remedy: 'put a graphics card in',
        grade: 'fail',
      });
    }
    const spare = displays.filter(({ bootVga }) => bootVga === false || bootVga === null);
    if (spare.length > 0)
      return holds(`${spare.map(({ address }) => shortAddress(address)).join(', ')} is to spare`);
    const unknown = displays.map(({ bootVga }) => bootVga).find(isUnknown);
    if (unknown !== undefined) return unknownVerdict('which display the host boots with', unknown);
    return violated(
      `${shortAddress((displays[0] as (typeof displays)[number]).address)} is the only display, and the host boots with it`,
      {
        remedy:
          'reach the host over the network or a serial line before you give it away, and give the machine a ROM that was read elsewhere (pci xml --rom FILE)',
      },
    );
  },
};
