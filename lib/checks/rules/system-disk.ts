import { listSome, type SafetyRule } from '../safety-rule.ts';
import { blockTitle, mountEvidence, type StackedMount } from '../storage-view.ts';
import { SYSTEM_POINTS } from '../system-points.ts';

/** The host runs from it. */
export const systemDisk: SafetyRule = {
  name: 'system-disk',
  title: 'the host runs from it',
  severity: 'forbids',
  meaning: `A file system that the host runs from is on it, or on something that is made of it: one of ${[...SYSTEM_POINTS].map((point) => `\`${point}\``).join(', ')}. Partitions, LVM, md, dm-crypt, bcache, btrfs of several devices, ZFS pools, loop devices and overlays are followed. Where that could not be read, \`mounted\` says so.`,
  remedy: "this one can't be lifted while the host runs from it",
  find: (device, view) => {
    const { mounts } = view.storage.stackOn(device.address);
    const system = mounts.filter(({ mount }) => SYSTEM_POINTS.has(mount.point));
    return system.length === 0 ? [] : [{ message: messageOf(system), evidence: system.map(mountEvidence) }];
  },
};

function messageOf(mounts: readonly StackedMount[]): string {
  const places = mounts.map(({ mount, block }) => `${blockTitle(block.block)} on ${mount.point}`);
  const isRoot = mounts.some(({ mount }) => mount.point === '/');
  return `holds ${isRoot ? 'the root file system' : 'what the host runs from'}: ${listSome([...new Set(places)])}`;
}
