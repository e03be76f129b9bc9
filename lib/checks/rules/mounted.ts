import { firstUnknown, listSome, notKnown, type Observation, type SafetyRule } from '../safety-rule.ts';
import type { SafetyView } from '../safety-view.ts';
import { blockTitle, mayHaveDisks, mountEvidence, type StorageStack } from '../storage-view.ts';
import { SYSTEM_POINTS } from '../system-points.ts';

/** A file system on it is mounted. */
export const mounted: SafetyRule = {
  name: 'mounted',
  title: 'a file system on it is mounted',
  severity: 'refuses',
  meaning:
    'A file system is mounted that is on it, or on something that is made of it, and that the host could run on without; or the kernel has one at work that is mounted in another mount namespace, as in a container. What was not yet written is lost, and programs that have files of it open fail.',
  remedy: 'unmount it: umount MOUNTPOINT',
  find: (device, view) => {
    const stack = view.storage.stackOn(device.address);
    const mounts = stack.mounts.filter(({ mount }) => !SYSTEM_POINTS.has(mount.point));
    const places = mounts.map(({ mount, block }) => `${blockTitle(block.block)} on ${mount.point}`);
    const observations: Observation[] = [];
    if (mounts.length > 0) {
      const message = `holds what is mounted: ${listSome([...new Set(places)])}`;
      observations.push({ message, evidence: mounts.map(mountEvidence) });
    }
    const { use } = view.host;
    const made = [...stack.blocks.values()].flatMap(({ block }) => [block.holders, block.number]);
    const unknown = firstUnknown(use.blocks, use.mounts, use.fileSystems, ...made);
    if (unknown === undefined) observations.push(...unseen(stack, view));
    else if (made.length > 0 || mayHaveDisks(device)) {
      observations.push(notKnown('which file systems are mounted from its disks', unknown));
    }
    return observations;
  },
};

/** File systems that the kernel has at work on it, and that no mount explains. */
function unseen(stack: StorageStack, view: SafetyView): readonly Observation[] {
  const explained = new Set(stack.mounts.map(({ block }) => block.block.name));
  const systems = view.host.use.fileSystems;
  const hidden = (Array.isArray(systems) ? systems : []).filter(
    ({ blocks }) =>
      blocks.some((name: string) => stack.blocks.has(name)) &&
      !blocks.some((name: string) => explained.has(name)),
  );
  if (hidden.length === 0) return [];
  const names = hidden.map(({ type, blocks }) => `${type} on ${blocks.join(', ')}`);
  return [
    {
      message: `holds what is mounted somewhere else, in a container for one: ${listSome(names)}`,
      evidence: names.map(
        (name) => `the kernel has ${name} at work, and it is not among the mounts seen here`,
      ),
      remedy: 'find who has it mounted: grep -l NAME /proc/*/mountinfo, and stop that',
    },
  ];
}
