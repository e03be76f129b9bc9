import { isUnknown } from '../../../../base/known.ts';
import { installRemedy } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

/** Machines can start with UEFI. */
export const uefi: HostRule = {
  id: 'uefi',
  title: 'machines can start with UEFI',
  grade: 'warn',
  purposes: ['machines', 'gpu'],
  meaning:
    'A descriptor in `/usr/share/qemu/firmware` or `/etc/qemu/firmware` names an image of UEFI (OVMF) that is there. Graphics cards of today show no picture without.',
  evaluate: ({ facts: { uefiImages, distribution } }) => {
    if (isUnknown(uefiImages)) return unknownVerdict('which firmware there is for machines', uefiImages);
    const [image] = uefiImages ?? [];
    if (image !== undefined) return holds(`there is ${image}`);
    return violated('there is no UEFI for machines', { remedy: installRemedy('uefi', distribution) });
  },
};
