import { isUnknown, UNREAD } from '../../../base/known.ts';
import { isBridge, isSilent } from '../../../pci/group/iommu-group.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

/** It can be reset. */
export const deviceReset: DeviceRule = {
  id: 'device-reset',
  title: 'it can be reset by itself',
  grade: 'warn',
  purposes: ['passthrough'],
  meaning:
    'The kernel knows a way to reset it (`reset_method`, Linux 5.15 and later) that hits no neighbour. Without one its state outlives the machine, and it may not start a second time; a bus reset hits all that is behind the same port.',
  evaluate: (device, { tellsResetMethods }) => {
    const { resetMethods } = device;
    if (isBridge(device)) return doesNotApply('is a bridge');
    if (isSilent(device)) return doesNotApply('does not answer');
    if (isUnknown(resetMethods)) return unknownVerdict('how it can be reset', resetMethods);
    if (resetMethods === null && !tellsResetMethods) return unknownVerdict('how it can be reset', UNREAD);
    const [first] = resetMethods ?? [];
    if (first === undefined) {
      return violated('can not be reset: its state outlives the machine', {
        evidence: [resetMethods === null ? 'there is no reset_method' : 'reset_method is empty'],
        remedy: 'try it before you depend on it; a restart of the host is what resets it for sure',
      });
    }
    if (first !== 'bus') return holds(`can be reset (${resetMethods?.join(', ')})`);
    return violated('a bus reset is its only one, which hits all that is behind the same port', {
      evidence: [`reset_method: ${resetMethods?.join(' ')}`],
      remedy: 'give all that is behind the port to one machine, or use a slot of its own',
    });
  },
};
