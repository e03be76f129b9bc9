import { knownValue } from '../../../../base/known.ts';
import { shellCommand } from '../../../../base/shell-command.ts';
import { isNodePath } from '../../../../facts/device-names.ts';
import type { BlockDevice, StackKind } from '../../../../facts/storage-use.ts';
import {
  firstUnknown,
  listSome,
  type Observation,
  type SafetyRule,
  unknownFinding,
} from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import { blockTitle, mayHaveDisks, type StackedBlock, type Stranger } from '../../storage-view.ts';

/** The name of each kind, and the command that ends it. Kinds of other rules are excluded. */
const KINDS: Readonly<
  Partial<Record<StackKind, readonly [title: string, remedy: (block: BlockDevice) => string]>>
> = {
  loop: ['a loop device', ({ name }) => `detach it: ${shellCommand('losetup', '--detach', `/dev/${name}`)}`],
  zram: [
    'zram, which writes back to it',
    ({ name }) =>
      `disable it: ${shellCommand('swapoff', `/dev/${name}`)} && ${shellCommand('zramctl', '--reset', `/dev/${name}`)}`,
  ],
  drbd: ['DRBD', ({ name }) => `take it down: ${shellCommand('drbdadm', 'down', `/dev/${name}`)}`],
  virtual: ['a software device', ({ name }) => `stop the program that created ${name}`],
};

export const blockHolder: SafetyRule = {
  name: 'block-holder',
  title: 'another kernel holder uses one of its disks',
  severity: 'refuses',
  meaning:
    'A loop device is on one of its disks or partitions, zram writes back to one, DRBD replicates one, or the kernel lists another holder of any kind.',
  remedy: 'stop the holder: ls /sys/class/block/*/holders',
  find: (device, view) => {
    const stack = view.storage.stackOn(device.address);
    const above = [...stack.blocks.values()].filter(
      ({ block, isInFile }) =>
        block.kind !== null && KINDS[block.kind] !== undefined && !isInFile && !isOwn(block, device.address),
    );
    if (above.length > 0 || stack.strangers.length > 0) return [held(above, stack.strangers)];
    return mayHaveDisks(device) ? unresolved(view) : [];
  },
};

/** A software disk on a function, such as a path of NVMe over Fibre Channel. */
function isOwn(block: BlockDevice, address: string): boolean {
  return block.functions.some((on) => on === address);
}

function held(above: readonly StackedBlock[], strangers: readonly Stranger[]): Observation {
  const blocks = above.map(({ block }) => `${blockTitle(block)} (${titleOf(block)})`);
  const others = strangers.map(({ name }) => `${name} (a holder of an unknown kind)`);
  const [first] = above.toReversed();
  const remedy = first === undefined ? undefined : KINDS[first.block.kind ?? 'virtual']?.[1](first.block);
  return {
    message: `is held by ${listSome([...blocks, ...others])}`,
    evidence: [
      ...above.map(({ block, path }) => `${block.name} is built on it: ${path}`),
      ...strangers.map(({ path }) => `the kernel lists a holder: ${path}`),
    ],
    ...(remedy === undefined ? {} : { remedy }),
  };
}

function titleOf({ kind, backingFile }: BlockDevice): string {
  const [title = ''] = KINDS[kind ?? 'virtual'] ?? [];
  const file = knownValue(backingFile);
  return file === undefined ? title : `${title}: ${file}`;
}

/** Loop devices and zram over an unknown block device, which may be any. */
function unresolved({ host, storage }: SafetyView): readonly Observation[] {
  const blocks = knownValue(host.use.blocks) ?? [];
  const unread = firstUnknown(...blocks.map(({ backingFile }) => backingFile));
  if (unread !== undefined) return [unknownFinding('disks below loop devices and zram', unread)];
  const lost = blocks.filter(({ backingFile }) => {
    const path = knownValue(backingFile);
    return path !== undefined && isNodePath(path) && storage.blockAt(path) === undefined;
  });
  if (lost.length === 0) return [];
  const names = lost.map(({ name, backingFile }) => `${name} on ${knownValue(backingFile)}`);
  return [
    {
      message: `cannot be checked: no known device is below ${listSome(names)}`,
      evidence: names,
      remedy: 'find that device: losetup --list; if it is not this device, --allow block-holder',
      isUnknown: true,
    },
  ];
}
