import { knownValue } from '../../../../base/known.ts';
import { shellCommand } from '../../../../base/shell-command.ts';
import { formatSize } from '../../../../base/text.ts';
import type { SwapArea } from '../../../../facts/storage-use.ts';
import {
  firstUnknown,
  listSome,
  type Observation,
  type SafetyRule,
  unknownFinding,
} from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import { blockTitle, mayHaveDisks, type StorageStack } from '../../storage-view.ts';

/** The kernel swaps to it. */
export const swap: SafetyRule = {
  name: 'swap',
  title: 'the kernel swaps to it',
  severity: 'refuses',
  meaning:
    'A swap partition or swap file that is switched on is on it, or on something that is made of it, or the kernel would hibernate to it. Programs whose memory is there die when they next need it. An area whose path leads to no known device may be on any disk. May be lifted: an area of which nothing is in use is nothing lost.',
  remedy: 'switch it off: swapoff PATH',
  find: (device, view) => {
    const { use } = view.host;
    const stack = view.storage.stackOn(device.address);
    const areas = (knownValue(use.swaps) ?? []).filter((area) => isOn(area, stack, view));
    if (areas.length > 0) return [held(areas)];
    const resumed = [...stack.blocks.values()].find(
      ({ block }) => knownValue(block.number) !== undefined && block.number === use.hibernation,
    );
    if (resumed !== undefined) {
      return [
        {
          message: `is where the host hibernates to: ${blockTitle(resumed.block)}`,
          evidence: [`/sys/power/resume names it: ${resumed.path}`],
          remedy:
            "hibernate to no device: sh -c 'echo 0:0 > /sys/power/resume', and take resume= from the kernel command line",
        },
      ];
    }
    if (!mayHaveDisks(device)) return [];
    const unknown = firstUnknown(use.swaps, use.blocks, use.hibernation);
    if (unknown !== undefined) return [unknownFinding('whether the kernel swaps to its disks', unknown)];
    const lost = (knownValue(use.swaps) ?? []).filter((area) => isLost(area, view));
    return lost.length === 0 ? [] : [notFound(lost)];
  },
};

function held(areas: readonly SwapArea[]): Observation {
  return {
    message: `holds swap: ${listSome(areas.map(describe))}`,
    evidence: areas.map((area) => `/proc/swaps: ${describe(area)}`),
    remedy: `switch it off: ${shellCommand('swapoff', ...areas.map(({ path }) => path))}`,
  };
}

function notFound(areas: readonly SwapArea[]): Observation {
  return {
    message: `is not cleared: no known device holds the swap area ${listSome(areas.map(describe))}`,
    evidence: areas.map((area) => `/proc/swaps: ${describe(area)}`),
    remedy: `see which device that is: swapon --show; or ${shellCommand('swapoff', ...areas.map(({ path }) => path))}; if it is none of these, --allow swap`,
    isUnknown: true,
  };
}

function isOn({ path, kind }: SwapArea, stack: StorageStack, { storage }: SafetyView): boolean {
  if (kind === 'partition') return stack.blocks.has(storage.blockAt(path)?.name ?? '');
  return storage.isFileOn(path, stack);
}

/** Whether nothing tells where it is: a path that no device has, or a file below no file system that could hold one. */
function isLost({ path, kind }: SwapArea, { storage }: SafetyView): boolean {
  if (kind === 'partition') return storage.blockAt(path) === undefined;
  const around = storage.graph.mountsOfFile(path);
  return !around.some(
    (place) =>
      place.mount.remote !== null ||
      !place.mount.number.startsWith('0:') ||
      storage.graph.blocksOf(place).size > 0,
  );
}

function describe({ path, usedBytes }: SwapArea): string {
  return `${path}, ${formatSize(usedBytes)} in use`;
}
