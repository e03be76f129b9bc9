import { knownValue } from '../../../../base/known.ts';
import { claimsOn, isDisplay } from '../../display-claims.ts';
import { firstUnknown, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

export const bootDisplay: SafetyRule = {
  name: 'boot-display',
  title: 'it is the boot display',
  severity: 'refuses',
  meaning:
    'The firmware used it as the boot display (`boot_vga`, or `boot_display` since Linux 6.17), or the driver of the boot display still holds a part of its memory (`/proc/iomem`, which requires root): efifb, vesafb, simplefb, simpledrm or BOOTFB. The host loses its screen. If the memory is held, a VM fails to start.',
  remedy:
    'make another card the boot display in the firmware, or accept it: --allow boot-display; if memory is held, add video=efifb:off to the kernel command line',
  find: (device, view) => {
    const { displayClaims } = view.host.use;
    const claims = claimsOn(device, knownValue(displayClaims) ?? []);
    const isBootVga = knownValue(device.bootVga) === true;
    const evidence = [
      ...(isBootVga ? ['boot_vga or boot_display is 1'] : []),
      ...claims.map(({ start, end, owner }) => `/proc/iomem: ${owner} holds ${start} to ${end}`),
    ];
    const [claim] = claims;
    if (claim !== undefined) {
      return [{ message: `is the boot display, and ${claim.owner} holds its memory`, evidence }];
    }
    if (isBootVga) return [{ message: 'is the boot display: the host loses its screen', evidence }];
    if (!isDisplay(device)) return [];
    const unknown = firstUnknown(device.bootVga, displayClaims, device.bars);
    return unknown === undefined ? [] : [unknownFinding('the boot display', unknown)];
  },
};
