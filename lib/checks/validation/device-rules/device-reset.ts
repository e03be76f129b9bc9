import { isUnknown, UNREAD } from '../../../base/known.ts';
import { isBridge, isSilent } from '../../../pci/group/iommu-group.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

export const deviceReset: DeviceRule = {
  id: 'device-reset',
  title: 'it can be reset on its own',
  grade: 'warn',
  purposes: ['passthrough'],
  meaning:
    'The kernel has a method to reset it (`reset_method`, Linux 5.15 and newer) that affects no neighbor. Without one its state survives the VM, and it may not start a second time. A bus reset affects all devices behind the same port.',
  evaluate: (device, { tellsResetMethods }) => {
    const { resetMethods } = device;
    if (isBridge(device)) return doesNotApply('is a bridge');
    if (isSilent(device)) return doesNotApply('does not answer');
    if (isUnknown(resetMethods)) return unknownVerdict('its reset methods', resetMethods);
    if (resetMethods === null && !tellsResetMethods) return unknownVerdict('its reset methods', UNREAD);
    const [first] = resetMethods ?? [];
    if (first === undefined) {
      return violated('cannot be reset: its state survives the VM', {
        evidence: [resetMethods === null ? 'reset_method is missing' : 'reset_method is empty'],
        remedy: 'test it before you depend on it; only a reboot of the host is certain to reset it',
      });
    }
    if (first !== 'bus') return holds(`can be reset (${resetMethods?.join(', ')})`);
    return violated('a bus reset is its only reset, which affects all devices behind the same port', {
      evidence: [`reset_method: ${resetMethods?.join(' ')}`],
      remedy: 'pass all devices behind the port to one VM, or move it to its own slot',
    });
  },
};
