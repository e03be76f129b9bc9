import { isUnknown } from '../../../base/known.ts';
import { formatSize } from '../../../base/text.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

/** The host has its memory. */
export const machineMemory: MachineRule = {
  id: 'machine-memory',
  title: 'the host has its memory',
  grade: 'fail',
  purposes: ['machines'],
  meaning:
    'Its memory is less than what the host has. A machine with a device has all of its memory from its start on, and none of it is swapped out.',
  evaluate: ({ memoryBytes, devices }, { facts }) => {
    const has = facts.memoryBytes;
    if (isUnknown(memoryBytes)) return unknownVerdict('how much memory it has', memoryBytes);
    if (isUnknown(has)) return unknownVerdict('how much memory the host has', has);
    if (memoryBytes === null || has === null) return doesNotApply('says nothing of memory');
    if (memoryBytes < has) return holds(`${formatSize(memoryBytes)} of ${formatSize(has)}`);
    return violated(`has ${formatSize(memoryBytes)}, and the host ${formatSize(has)}`, {
      remedy: 'give it less: <memory> in its definition',
      ...(devices.length > 0 ? {} : { grade: 'warn' as const }),
    });
  },
};
