import { isUnknown } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

export const secureBoot: HostRule = {
  id: 'secure-boot',
  title: 'the firmware boots your own kernels',
  grade: 'note',
  purposes: ['passthrough', 'gpu'],
  meaning:
    'Secure Boot is off, by the UEFI variable `SecureBoot`. If it is on, distributions lock their kernels down, and your own kernel (for example with the ACS override patch) must be signed.',
  evaluate: ({ facts }) => {
    const isOn = facts.secureBoot;
    if (isUnknown(isOn)) return unknownVerdict('Secure Boot', isOn);
    if (isOn === null) return holds('the firmware has no Secure Boot');
    if (!isOn) return holds('Secure Boot is off');
    return violated('Secure Boot is on: kernels and modules must be signed', {
      remedy: 'none, unless you build your own kernel',
    });
  },
};
