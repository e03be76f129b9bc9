import { isUnknown } from '../../../base/known.ts';
import { installRemedy } from '../remedies.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

export const machineVirtiofs: MachineRule = {
  id: 'machine-virtiofs',
  title: 'its directories can be shared by virtiofs',
  grade: 'fail',
  purposes: ['machines'],
  meaning:
    "If directories are shared with it by virtiofs (`<driver type='virtiofs'>`), `virtiofsd` is installed.",
  evaluate: ({ wantsVirtiofs }, { facts }) => {
    if (!wantsVirtiofs) return doesNotApply('shares no directory by virtiofs');
    const program = facts.virtiofsd;
    if (isUnknown(program)) return unknownVerdict('virtiofsd', program);
    if (program !== null) return holds(`there is ${program}`);
    return violated('shares a directory by virtiofs, and virtiofsd is not installed', {
      remedy: installRemedy('virtiofsd', facts.distribution),
    });
  },
};
