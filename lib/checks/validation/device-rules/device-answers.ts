import { isUnknown } from '../../../base/known.ts';
import { isSilent } from '../../../pci/group/iommu-group.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../verdict.ts';

/** It answers. */
export const deviceAnswers: DeviceRule = {
  id: 'device-answers',
  title: 'it answers',
  grade: 'fail',
  purposes: ['passthrough', 'sriov', 'gpu'],
  meaning:
    'Its configuration space has a header. If it reads all ones, the device does not answer: a reset failed, or its power or its link is gone. No machine starts with it.',
  evaluate: (device) => {
    if (isSilent(device)) {
      return violated('does not answer: its configuration space reads all ones', {
        remedy: 'switch the host off and on again; a restart may not be enough',
      });
    }
    return isUnknown(device.config)
      ? unknownVerdict('whether it answers', device.config)
      : holds('it answers');
  },
};
