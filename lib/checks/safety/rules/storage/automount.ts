import { knownValue } from '../../../../base/known.ts';
import type { Automount } from '../../../../facts/storage-use.ts';
import { listSome, type Observation, type SafetyRule } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import { blockTitle, mayHaveDisks, type StorageStack } from '../../storage-view.ts';

export const automount: SafetyRule = {
  name: 'automount',
  title: 'a file system on it is mounted on demand',
  severity: 'warns',
  meaning:
    'The host watches a mount point (autofs), and mounts one of its file systems there when a program accesses it. Often this is the EFI system partition. An update of the boot loader or kernel then does not find it.',
  remedy:
    'check that the host does not need it, or stop the automount unit: systemctl list-units --type=automount',
  find: (device, view) => {
    const { automounts } = view.host.use;
    const stack = view.storage.stackOn(device.address);
    const waiting = knownValue(automounts) ?? [];
    const own = waiting.flatMap((each) => {
      const block = blockOf(each, stack, view);
      return block === undefined ? [] : [`${block} on ${each.point}`];
    });
    if (own.length > 0) {
      const evidence = own.map((each) => `autofs waits to mount ${each}`);
      return [{ message: `contains file systems that are mounted on demand: ${listSome(own)}`, evidence }];
    }
    return mayHaveDisks(device) ? notFound(waiting.filter((each) => isLost(each, view))) : [];
  },
};

function notFound(lost: readonly Automount[]): readonly Observation[] {
  if (lost.length === 0) return [];
  const names = lost.map(({ source, point }) => `${source} on ${point}`);
  return [
    {
      message: `cannot be checked: the device of file systems that are mounted on demand is unknown: ${listSome(names)}`,
      evidence: names,
      remedy: 'find that device: systemctl list-units --type=automount',
      isUnknown: true,
    },
  ];
}

function blockOf(
  { source }: Automount,
  { blocks }: StorageStack,
  { storage }: SafetyView,
): string | undefined {
  const block = source === null ? undefined : storage.blockAt(source);
  return block === undefined || !blocks.has(block.name) ? undefined : blockTitle(block);
}

function isLost({ source }: Automount, { storage }: SafetyView): boolean {
  return source?.startsWith('/dev/') === true && storage.blockAt(source) === undefined;
}
