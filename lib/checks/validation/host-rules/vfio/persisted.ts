import { isUnknown } from '../../../../base/known.ts';
import { count } from '../../../../base/text.ts';
import { fixRemedy } from '../../remedies.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

const FIX = { kind: 'persisted' } as const;

/** What was persisted comes into force before libvirt starts machines. */
export const persisted: HostRule = {
  id: 'persisted',
  title: 'what was persisted comes into force at a boot',
  grade: 'warn',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'The files by which bindings and virtual functions outlive a boot (`--persist`) are as they shall be: the rule for udev, the service that runs before libvirt, and what is in the initial RAM disk.',
  evaluate: ({ persistence, facts }) => {
    if (isUnknown(persistence)) return unknownVerdict('what was persisted', persistence);
    if (persistence === null) return doesNotApply('nothing was persisted');
    if (persistence.length === 0) return holds('what was persisted comes into force at a boot');
    return violated(`${count(persistence.length, 'step')} of what was persisted is not done`, {
      evidence: persistence,
      remedy: fixRemedy(FIX, facts),
      fix: FIX,
    });
  },
};
