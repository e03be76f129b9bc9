import { isUnknown } from '../../../../base/known.ts';
import { isBridge } from '../../../../pci/group/iommu-group.ts';
import { type SafetyRule, unknownFinding } from '../../safety-rule.ts';

export const noReset: SafetyRule = {
  name: 'no-reset',
  title: 'the kernel cannot reset it',
  severity: 'warns',
  meaning:
    'The kernel has no method to reset it (`reset_method` is empty or absent; Linux 5.15 and newer have it). The next VM gets the state that the last VM left in it. It may not start a second time, or not return to the host.',
  remedy: 'test it before you depend on it; only a reboot of the host is certain to reset it',
  isOfGiven: true,
  find: (device, view) => {
    const { resetMethods } = device;
    if (isBridge(device)) return [];
    if (isUnknown(resetMethods)) return [unknownFinding('its reset methods', resetMethods)];
    if (resetMethods === null && !view.host.tellsResetMethods) {
      return [unknownFinding('its reset methods', { unknown: 'unread' })];
    }
    if (resetMethods !== null && resetMethods.length > 0) return [];
    const evidence = [resetMethods === null ? 'reset_method is missing' : 'reset_method is empty'];
    return [{ message: 'cannot be reset: its state survives the VM', evidence }];
  },
};
