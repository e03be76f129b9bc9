import { quote, shellCommand } from '../../../../base/shell-command.ts';
import type { BlockDevice, StackKind } from '../../../../facts/storage-use.ts';
import { listSome, type SafetyRule } from '../../safety-rule.ts';
import { blockTitle } from '../../storage-view.ts';

/** The facts of a rule for block devices of some kinds. */
interface StackRuleFacts {
  readonly kinds: readonly StackKind[];
  /** The name of the whole: `a running md array`. */
  readonly whole: string;
  /** The advice before the commands: `stop the array`. */
  readonly advice: string;
  /** The command for one of them. */
  readonly command: (block: BlockDevice) => string;
}

/** A rule for block devices of one kind that are built on the disks of a function. */
function stackRule(
  texts: Omit<SafetyRule, 'severity' | 'find'>,
  { kinds, whole, advice, command }: StackRuleFacts,
): SafetyRule {
  return {
    ...texts,
    severity: 'refuses',
    find: (device, view) => {
      const { blocks } = view.storage.stackOn(device.address);
      const above = [...blocks.values()].filter(
        ({ block }) => block.kind !== null && kinds.includes(block.kind),
      );
      if (above.length === 0) return [];
      const names = above.map(({ block }) => blockTitle(block));
      // The last device may be built on the first one, so the commands are in reverse order.
      const commands = [...new Set(above.map(({ block }) => command(block)))].reverse();
      return [
        {
          message: `is part of ${whole}: ${listSome(names)}`,
          evidence: above.map(({ block, path }) => `${block.name} is built on it: ${path}`),
          remedy: `${advice}: ${commands.join(' && ')}`,
        },
      ];
    },
  };
}

export const lvm = stackRule(
  {
    name: 'lvm',
    title: 'active LVM volumes are on it',
    meaning:
      'One of its disks is an LVM physical volume with active logical volumes. Even if none is mounted, a program or a VM may use them.',
    remedy: 'deactivate them: vgchange --activate n GROUP',
  },
  {
    kinds: ['lvm'],
    whole: 'active LVM volumes',
    advice: 'deactivate them',
    command: (block) => shellCommand('lvchange', '--activate', 'n', volumeOf(blockTitle(block))),
  },
);

/** `vg-1/swap` of `vg--1-swap`: a single hyphen separates the names, and each hyphen in a name is doubled. */
function volumeOf(title: string): string {
  return title.replace(/(?<!-)((?:--)*)-(?!-)/, '$1/').replaceAll('--', '-');
}

export const md = stackRule(
  {
    name: 'md',
    title: 'one of its disks is in a running md array',
    meaning:
      'One of its disks is a member of a running array. With redundancy the array continues, degraded, and must be rebuilt. Without redundancy it fails.',
    remedy: 'stop the array: mdadm --stop /dev/NAME; or remove the member from it',
  },
  {
    kinds: ['md'],
    whole: 'a running md array',
    advice: 'stop the array, or remove the member from it',
    command: ({ name }) => shellCommand('mdadm', '--stop', `/dev/${name}`),
  },
);

export const crypt = stackRule(
  {
    name: 'crypt',
    title: 'an encrypted device on it is unlocked',
    meaning: 'An open dm-crypt device, for example of LUKS, is built on one of its disks.',
    remedy: 'close it: cryptsetup close NAME',
  },
  {
    kinds: ['crypt'],
    whole: 'an unlocked encrypted device',
    advice: 'close it',
    command: (block) => shellCommand('cryptsetup', 'close', blockTitle(block)),
  },
);

export const deviceMapper = stackRule(
  {
    name: 'device-mapper',
    title: 'another mapped device is built on it',
    meaning:
      'A device-mapper device other than LVM or dm-crypt is built on one of its disks: multipath, dmraid, a snapshot.',
    remedy: 'remove it: multipath -f NAME, or dmsetup remove NAME',
  },
  {
    kinds: ['multipath', 'device-mapper'],
    whole: 'a mapped device',
    advice: 'remove it',
    command: (block) =>
      block.kind === 'multipath'
        ? shellCommand('multipath', '-f', blockTitle(block))
        : shellCommand('dmsetup', 'remove', blockTitle(block)),
  },
);

export const bcache = stackRule(
  {
    name: 'bcache',
    title: 'one of its disks is in a running bcache',
    meaning:
      'One of its disks backs a bcache device, or caches one. A write-back cache contains data that exists nowhere else.',
    remedy: 'stop it: echo 1 > /sys/block/NAME/bcache/stop',
  },
  {
    kinds: ['bcache'],
    whole: 'a running bcache',
    advice: 'stop it',
    command: ({ name }) => `echo 1 > ${quote(`/sys/block/${name}/bcache/stop`)}`,
  },
);
