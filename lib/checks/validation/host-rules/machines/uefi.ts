import { isUnknown } from '../../../../base/known.ts';
import { installRemedy } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

export const uefi: HostRule = {
  id: 'uefi',
  title: 'VMs can boot with UEFI',
  grade: 'warn',
  purposes: ['machines', 'gpu'],
  meaning:
    'A descriptor in `/usr/share/qemu/firmware` or `/etc/qemu/firmware` names an existing UEFI image (OVMF). Current graphics cards show no picture without UEFI.',
  evaluate: ({ facts: { uefiImages, distribution } }) => {
    if (isUnknown(uefiImages)) return unknownVerdict('firmware for VMs', uefiImages);
    const [image] = uefiImages ?? [];
    if (image !== undefined) return holds(`there is ${image}`);
    return violated('there is no UEFI firmware for VMs', { remedy: installRemedy('uefi', distribution) });
  },
};
