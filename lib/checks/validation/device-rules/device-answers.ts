import { isUnknown } from '../../../base/known.ts';
import { isSilent } from '../../../pci/group/iommu-group.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../verdict.ts';

export const deviceAnswers: DeviceRule = {
  id: 'device-answers',
  title: 'it answers',
  grade: 'fail',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'Its configuration space has a header. If it reads as all ones, the device does not answer: a reset failed, or its power or its link is gone. No VM starts with it.',
  evaluate: (device) => {
    if (isSilent(device)) {
      return violated('does not answer: its configuration space reads as all ones', {
        remedy: 'power the host off and on again; a reboot may not be enough',
      });
    }
    return isUnknown(device.config)
      ? unknownVerdict('its configuration space', device.config)
      : holds('it answers');
  },
};
