import { knownValue } from '../../../../base/known.ts';
import { listSome, type SafetyRule } from '../../safety-rule.ts';
import { blockTitle } from '../../storage-view.ts';

// By the names of udev.
const MEMBERS: Readonly<Record<string, string>> = {
  LVM2_member: 'LVM',
  linux_raid_member: 'an md array',
  isw_raid_member: 'a firmware RAID',
  ddf_raid_member: 'a firmware RAID',
  crypto_LUKS: 'LUKS',
  zfs_member: 'a ZFS pool',
  bcache: 'bcache',
};

export const storageMember: SafetyRule = {
  name: 'storage-member',
  title: 'one of its disks belongs to an inactive set',
  severity: 'warns',
  meaning:
    'udev found a member of LVM, md, LUKS, bcache or ZFS on one of its disks, which the host does not use now. The host may need it at its next boot.',
  remedy: 'check that the host does not need it at the next boot: /etc/fstab, /etc/crypttab, mdadm.conf',
  find: (device, view) => {
    const stack = view.storage.stackOn(device.address);
    const pools = knownValue(view.host.use.pools) ?? [];
    const idle = [...stack.blocks.values()].filter(({ block }) => {
      const holders = knownValue(block.holders);
      const isImported = block.signature === 'zfs_member' && pools.length > 0;
      return holders?.length === 0 && !isImported && knownValue(block.signature) !== undefined;
    });
    const members = idle.flatMap(({ block, path }) => {
      const what = MEMBERS[knownValue(block.signature) ?? ''];
      return what === undefined ? [] : [{ text: `${blockTitle(block)}, of ${what}`, path }];
    });
    if (members.length === 0) return [];
    return [
      {
        message: `contains inactive members: ${listSome(members.map(({ text }) => text))}`,
        evidence: members.map(({ text, path }) => `udev found ${text}: ${path}`),
      },
    ];
  },
};
