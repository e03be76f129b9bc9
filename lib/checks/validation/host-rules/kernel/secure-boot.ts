import { isUnknown } from '../../../../base/known.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

/** The firmware starts what is not signed as well. */
export const secureBoot: HostRule = {
  id: 'secure-boot',
  title: 'the firmware starts kernels of your own',
  grade: 'note',
  purposes: ['passthrough', 'gpu'],
  meaning:
    'Secure Boot is off, by the variable `SecureBoot` of UEFI. With it on, distributions lock their kernels down, and a kernel of your own (as with the ACS override patch) has to be signed.',
  evaluate: ({ facts }) => {
    const isOn = facts.secureBoot;
    if (isUnknown(isOn)) return unknownVerdict('whether Secure Boot is on', isOn);
    if (isOn === null) return holds('the firmware has no Secure Boot');
    if (!isOn) return holds('Secure Boot is off');
    return violated('Secure Boot is on: kernels and modules have to be signed', {
      remedy: 'nothing, unless you build your own',
    });
  },
};
