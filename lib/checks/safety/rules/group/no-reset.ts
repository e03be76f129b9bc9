import { isUnknown } from '../../../../base/known.ts';
import { isBridge } from '../../../../pci/group/iommu-group.ts';
import { type SafetyRule, unknownFinding } from '../../safety-rule.ts';

/** The kernel can't reset it. */
export const noReset: SafetyRule = {
  name: 'no-reset',
  title: 'the kernel can not reset it',
  severity: 'warns',
  meaning:
    'The kernel knows no way to reset it (`reset_method` is empty or absent; Linux 5.15 and later tell). What one virtual machine leaves in it the next one finds, and it may not start a second time, nor come back to the host.',
  remedy: 'try it before you depend on it; a restart of the host is what resets it for sure',
  isOfGiven: true,
  find: (device, view) => {
    const { resetMethods } = device;
    if (isBridge(device)) return [];
    if (isUnknown(resetMethods)) return [unknownFinding('how it can be reset', resetMethods)];
    if (resetMethods === null && !view.host.tellsResetMethods) {
      return [unknownFinding('how it can be reset', { unknown: 'unread' })];
    }
    if (resetMethods !== null && resetMethods.length > 0) return [];
    const evidence = [resetMethods === null ? 'there is no reset_method' : 'reset_method is empty'];
    return [{ message: 'can not be reset: its state outlives the virtual machine', evidence }];
  },
};
