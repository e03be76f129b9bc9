import { isUnknown, type Known, knownValue } from '../../../../base/known.ts';
import { shellCommand } from '../../../../base/shell-command.ts';
import { listSome, type Observation, type SafetyRule, unknownFinding } from '../../safety-rule.ts';
import { blockTitle, mayHaveDisks, type StackedBlock } from '../../storage-view.ts';

export const zfs: SafetyRule = {
  name: 'zfs',
  title: 'one of its disks is in an imported ZFS pool',
  severity: 'refuses',
  meaning:
    'udev found a member of a ZFS pool on one of its disks, and that pool is imported. ZFS registers no holder with the kernel, so no other rule finds it.',
  remedy: 'export the pool: zpool export POOL',
  find: (device, view) => {
    const { pools } = view.host.use;
    const blocks = [...view.storage.stackOn(device.address).blocks.values()];
    if (isUnknown(pools)) {
      const members = blocks.filter(({ block }) => block.signature === 'zfs_member');
      return members.length > 0 ? [unknownFinding('an imported ZFS pool on its disks', pools)] : [];
    }
    if (pools === null || pools.length === 0) return [];
    const members = blocks.filter(({ block }) => isMember(block.signature, block.label, pools));
    if (members.length > 0) return [messageOf(members)];
    const unsure = blocks.map(({ block }) => block.signature).find(isUnknown);
    return unsure !== undefined && mayHaveDisks(device)
      ? [unknownFinding(`a ZFS pool on its disks (${listSome(pools)})`, unsure)]
      : [];
  },
};

/** A member without a label may belong to any pool. */
function isMember(signature: Known<string>, label: Known<string>, pools: readonly string[]): boolean {
  const pool = knownValue(label);
  return signature === 'zfs_member' && (pool === undefined || pools.includes(pool));
}

function messageOf(members: readonly StackedBlock[]): Observation {
  const pools = [...new Set(members.flatMap(({ block }) => knownValue(block.label) ?? []))];
  const names = members.map(({ block }) => {
    const pool = knownValue(block.label);
    return pool === undefined ? blockTitle(block) : `${blockTitle(block)} in ${pool}`;
  });
  return {
    message: `is part of an imported ZFS pool: ${listSome(names)}`,
    evidence: members.map(({ block, path }) => `udev reports ${block.name} as zfs_member: ${path}`),
    ...(pools.length === 0
      ? {}
      : { remedy: `export the pool: ${shellCommand('zpool', 'export', ...pools)}` }),
  };
}
