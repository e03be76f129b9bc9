import { isUnknown } from '../../../../base/known.ts';
import { count } from '../../../../base/text.ts';
import { fixRemedy } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

const FIX = { kind: 'persisted' } as const;

export const persisted: HostRule = {
  id: 'persisted',
  title: 'persisted changes are restored at each boot',
  grade: 'warn',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'The files that restore bindings and VFs at each boot (`--persist`) are up to date: the udev rule, the service that runs before libvirt, and the contents of the initramfs.',
  evaluate: ({ persistence, facts }) => {
    if (isUnknown(persistence)) return unknownVerdict('persisted changes', persistence);
    if (persistence === null) return doesNotApply('nothing is persisted');
    if (persistence.length === 0) return holds('persisted changes are restored at each boot');
    return violated(`${count(persistence.length, 'step')} of the persisted changes must be repeated`, {
      evidence: persistence,
      remedy: fixRemedy(FIX, facts),
      fix: FIX,
    });
  },
};
