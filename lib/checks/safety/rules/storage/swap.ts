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

export const swap: SafetyRule = {
  name: 'swap',
  title: 'the host swaps to it',
  severity: 'refuses',
  meaning:
    'An active swap partition or swap file is on it, or on a device that is built on it, or the kernel would hibernate to it. Programs with memory there crash when they need it. A swap area whose path leads to no known device may be on any disk. You may accept the finding if the area is unused.',
  remedy: 'disable it: swapoff PATH',
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
          message: `is the hibernation target of the host: ${blockTitle(resumed.block)}`,
          evidence: [`/sys/power/resume names it: ${resumed.path}`],
          remedy:
            "stop hibernating to it: sh -c 'echo 0:0 > /sys/power/resume', and remove resume= from the kernel command line",
        },
      ];
    }
    if (!mayHaveDisks(device)) return [];
    const unknown = firstUnknown(use.swaps, use.blocks, use.hibernation);
    if (unknown !== undefined) return [unknownFinding('swap on its disks', unknown)];
    const lost = (knownValue(use.swaps) ?? []).filter((area) => isLost(area, view));
    return lost.length === 0 ? [] : [notFound(lost)];
  },
};

function held(areas: readonly SwapArea[]): Observation {
  return {
    message: `contains swap: ${listSome(areas.map(describe))}`,
    evidence: areas.map((area) => `/proc/swaps: ${describe(area)}`),
    remedy: `disable it: ${shellCommand('swapoff', ...areas.map(({ path }) => path))}`,
  };
}

function notFound(areas: readonly SwapArea[]): Observation {
  return {
    message: `cannot be checked: no known device contains the swap area ${listSome(areas.map(describe))}`,
    evidence: areas.map((area) => `/proc/swaps: ${describe(area)}`),
    remedy: `find that device: swapon --show; or ${shellCommand('swapoff', ...areas.map(({ path }) => path))}; if it is not this device, --allow swap`,
    isUnknown: true,
  };
}

function isOn({ path, kind }: SwapArea, stack: StorageStack, { storage }: SafetyView): boolean {
  if (kind === 'partition') return stack.blocks.has(storage.blockAt(path)?.name ?? '');
  return storage.isFileOn(path, stack);
}

/** Whether its place is unknown: a path without a device, or a file below no file system that could hold it. */
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
