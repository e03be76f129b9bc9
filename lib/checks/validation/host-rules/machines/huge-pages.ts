import { isUnknown } from '../../../../base/known.ts';
import { formatSize } from '../../../../base/text.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

export const hugePages: HostRule = {
  id: 'huge-pages',
  title: 'huge pages are reserved',
  grade: 'note',
  purposes: ['machines'],
  meaning:
    'There are huge pages (`/sys/kernel/mm/hugepages`). They make VM memory faster, and faster to map for VMs with devices. Few VMs need them. Whether there are enough for a VM that requests them is checked by `machine-huge-pages`.',
  evaluate: ({ facts }) => {
    const pools = facts.hugePages;
    if (isUnknown(pools)) return unknownVerdict('huge pages', pools);
    if (pools === null) return doesNotApply('the kernel does not support huge pages');
    const some = pools.filter(({ total }) => total > 0);
    if (some.length > 0) {
      return holds(
        some
          .map(({ sizeBytes, total, free }) => `${total} of ${formatSize(sizeBytes)}, ${free} free`)
          .join('; '),
      );
    }
    return violated('no huge pages are reserved', {
      remedy: 'none, unless VMs should use them: sysctl vm.nr_hugepages=NUMBER, soon after boot',
    });
  },
};
