import { isUnknown, knownValue } from '../../../base/known.ts';
import { formatSize } from '../../../base/text.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, violated } from '../verdict.ts';

export const machineHugePages: MachineRule = {
  id: 'machine-huge-pages',
  title: 'there are enough huge pages for it',
  grade: 'fail',
  purposes: ['machines'],
  meaning: 'If its memory must be in huge pages (`<hugepages>`), enough of that size are free.',
  evaluate: ({ hugePageBytes, memoryBytes, isRunning }, { facts }) => {
    if (isUnknown(hugePageBytes)) return unknownVerdict('its page size', hugePageBytes);
    if (hugePageBytes === null) return doesNotApply('requests no huge pages');
    if (isRunning) return holds('has its memory');
    const pools = facts.hugePages;
    if (isUnknown(pools)) return unknownVerdict('huge pages', pools);
    const needed = knownValue(memoryBytes) ?? 0;
    const fitting = (pools ?? []).filter(
      ({ sizeBytes }) => hugePageBytes === 0 || sizeBytes === hugePageBytes,
    );
    const free = Math.max(0, ...fitting.map((pool) => pool.free * pool.sizeBytes));
    if (fitting.length > 0 && free >= needed) return holds(`${formatSize(free)} are free`);
    const size = hugePageBytes === 0 ? '' : ` of ${formatSize(hugePageBytes)}`;
    return violated(`requests ${formatSize(needed)} in huge pages${size}, and ${formatSize(free)} are free`, {
      evidence: (pools ?? []).map(
        (pool) => `${formatSize(pool.sizeBytes)}: ${pool.free} of ${pool.total} free`,
      ),
      remedy:
        hugePageBytes > 2 ** 21
          ? `add hugepagesz=${hugePageBytes / 2 ** 30}G hugepages=NUMBER to the kernel command line, and reboot`
          : 'sysctl vm.nr_hugepages=NUMBER; for each boot, in a file in /etc/sysctl.d',
    });
  },
};
