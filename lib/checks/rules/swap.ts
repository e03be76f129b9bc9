import { knownValue } from '../../base/known.ts';
import { formatSize } from '../../base/text.ts';
import type { SwapArea } from '../../pci/host-use.ts';
import { firstUnknown, listSome, notKnown, type SafetyRule } from '../safety-rule.ts';
import type { SafetyView } from '../safety-view.ts';
import { mayHaveDisks, type StorageStack } from '../storage-view.ts';

/** The kernel swaps to it. */
export const swap: SafetyRule = {
  name: 'swap',
  title: 'the kernel swaps to it',
  severity: 'refuses',
  meaning:
    'A swap partition or swap file that is switched on is on it, or on something that is made of it. Programs whose memory is there die when they next need it. May be lifted: an area of which nothing is in use is nothing lost.',
  remedy: 'switch it off: swapoff PATH',
  find: (device, view) => {
    const { use } = view.host;
    const stack = view.storage.stackOn(device.address);
    const areas = (knownValue(use.swaps) ?? []).filter((area) => isOn(area, stack, view));
    if (areas.length > 0) {
      const [{ path } = { path: 'PATH' }] = areas;
      return [
        {
          message: `holds swap: ${listSome(areas.map(describe))}`,
          evidence: areas.map((area) => `/proc/swaps: ${describe(area)}`),
          remedy: `switch it off: swapoff ${path}`,
        },
      ];
    }
    const unknown = firstUnknown(use.swaps, use.blocks);
    return unknown !== undefined && mayHaveDisks(device)
      ? [notKnown('whether the kernel swaps to its disks', unknown)]
      : [];
  },
};

function isOn({ path, kind }: SwapArea, stack: StorageStack, { storage }: SafetyView): boolean {
  if (kind === 'partition') return stack.blocks.has(storage.blockAt(path)?.name ?? '');
  const around = storage.mountsOf(path);
  return stack.mounts.some(({ mount }) => around.includes(mount));
}

function describe({ path, usedBytes }: SwapArea): string {
  return `${path}, ${formatSize(usedBytes)} in use`;
}
