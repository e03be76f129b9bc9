import { isUnknown } from '../../../base/known.ts';
import { formatSize } from '../../../base/text.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

export const machineMemory: MachineRule = {
  id: 'machine-memory',
  title: 'the host has enough memory for it',
  grade: 'fail',
  purposes: ['machines'],
  meaning:
    'Its memory is less than the memory of the host. A VM with a device uses all its memory from its start, and none of it is swapped.',
  evaluate: ({ memoryBytes, devices }, { facts }) => {
    const has = facts.memoryBytes;
    if (isUnknown(memoryBytes)) return unknownVerdict('its memory', memoryBytes);
    if (isUnknown(has)) return unknownVerdict('memory of the host', has);
    if (memoryBytes === null || has === null) return doesNotApply('has no memory in its definition');
    if (memoryBytes < has) return holds(`${formatSize(memoryBytes)} of ${formatSize(has)}`);
    return violated(`has ${formatSize(memoryBytes)}, and the host ${formatSize(has)}`, {
      remedy: 'reduce <memory> in its definition',
      ...(devices.length > 0 ? {} : { grade: 'warn' as const }),
    });
  },
};
