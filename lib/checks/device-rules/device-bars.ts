import { isUnknown } from '../../base/known.ts';
import { formatSize } from '../../base/text.ts';
import type { DeviceRule } from '../validation-rule.ts';
import { doesNotApply, holds, notTold, violated } from '../verdict.ts';

/** All of its memory has a place. */
export const deviceBars: DeviceRule = {
  id: 'device-bars',
  title: 'all of its memory has a place',
  grade: 'fail',
  purposes: ['passthrough'],
  meaning:
    'Each of its BARs has an address (`resource`). VFIO refuses, or hides, one for which the firmware left no room.',
  evaluate: ({ bars }) => {
    if (isUnknown(bars)) return notTold('where its BARs are', bars);
    if (bars === null || bars.length === 0) return doesNotApply('has no BAR');
    const homeless = bars.filter(({ address }) => address === null);
    if (homeless.length === 0) return holds('each BAR has an address');
    return violated('the firmware left no room for some of its memory', {
      evidence: homeless.map(({ index, sizeBytes }) => `BAR ${index}, ${formatSize(sizeBytes)}`),
      remedy:
        'switch on "above 4G decoding" in the setup of the firmware, or add pci=realloc to the kernel command line',
    });
  },
};
