import { isUnknown } from '../../../../base/known.ts';
import { formatSize } from '../../../../base/text.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../../verdict.ts';

/** Huge pages are set aside. */
export const hugePages: HostRule = {
  id: 'huge-pages',
  title: 'huge pages are set aside',
  grade: 'note',
  purposes: ['machines'],
  meaning:
    'There are huge pages (`/sys/kernel/mm/hugepages`), which make the memory of machines quicker and that of machines with devices quicker to map. Few need them; whether there are enough for a machine that asks for them is said by `machine-huge-pages`.',
  evaluate: ({ facts }) => {
    const pools = facts.hugePages;
    if (isUnknown(pools)) return unknownVerdict('which huge pages there are', pools);
    if (pools === null) return doesNotApply('the kernel has no huge pages');
    const some = pools.filter(({ total }) => total > 0);
    if (some.length > 0) {
      return holds(
        some
          .map(({ sizeBytes, total, free }) => `${total} of ${formatSize(sizeBytes)}, ${free} free`)
          .join('; '),
      );
    }
    return violated('no huge pages are set aside', {
      remedy: 'nothing, unless machines are to use them: sysctl vm.nr_hugepages=NUMBER, early after a start',
    });
  },
};
