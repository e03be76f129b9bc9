import { knownValue } from '../../../../base/known.ts';
import type { Automount } from '../../../../facts/storage-use.ts';
import { listSome, type Observation, type SafetyRule } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import { blockTitle, mayHaveDisks, type StorageStack } from '../../storage-view.ts';

/** A file system on it is mounted when somebody needs it. */
export const automount: SafetyRule = {
  name: 'automount',
  title: 'a file system on it is mounted when it is needed',
  severity: 'warns',
  meaning:
    'The host watches a mount point (autofs) and mounts a file system of it there when a program looks: often the EFI system partition, which an update of the boot loader or kernel then does not find.',
  remedy:
    'make sure that the host can do without it, or stop the automount unit: systemctl list-units --type=automount',
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
      return [{ message: `holds what is mounted when it is needed: ${listSome(own)}`, evidence }];
    }
    return mayHaveDisks(device) ? notFound(waiting.filter((each) => isLost(each, view))) : [];
  },
};

function notFound(lost: readonly Automount[]): readonly Observation[] {
  if (lost.length === 0) return [];
  const names = lost.map(({ source, point }) => `${source} on ${point}`);
  return [
    {
      message: `is not cleared: no known device holds what is mounted when it is needed: ${listSome(names)}`,
      evidence: names,
      remedy: 'see which device that is: systemctl list-units --type=automount',
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
