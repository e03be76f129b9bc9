import { knownValue } from '../../../../base/known.ts';
import {
  firstUnknown,
  listSome,
  type Observation,
  type SafetyRule,
  unknownFinding,
} from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import {
  isSystemMount,
  mayHaveDisks,
  mountEvidence,
  mountTitle,
  type StackedMount,
  type StorageStack,
  unmountCommand,
} from '../../storage-view.ts';

const JOURNALS = 'jbd2';

export const mounted: SafetyRule = {
  name: 'mounted',
  title: 'a file system on it is mounted',
  severity: 'refuses',
  meaning:
    'A mounted file system is on it, or on a device that is built on it, and the host could run without that file system. This includes other mount namespaces, for example of a container, and file systems or journals that the kernel uses without a visible mount. Unwritten data is lost, and programs with open files fail.',
  remedy: 'unmount it: umount MOUNTPOINT',
  find: (device, view) => {
    const stack = view.storage.stackOn(device.address);
    const mounts = stack.mounts.filter((place) => !isSystemMount(place) && !place.isCopy);
    const observations: Observation[] = mounts.length === 0 ? [] : [seen(mounts)];
    const { use, live } = view.host;
    const made = [...stack.blocks.values()].flatMap(({ block }) => [block.holders, block.number]);
    const unknown = firstUnknown(use.blocks, use.mounts, use.fileSystems, ...made);
    const concerns = made.length > 0 || mayHaveDisks(device);
    if (unknown === undefined) observations.push(...unseen(stack, view));
    else if (concerns)
      observations.push(unknownFinding('file systems that are mounted from its disks', unknown));
    if (!concerns) return observations;
    const elsewhere = firstUnknown(live.unseenMounts);
    if (unknown === undefined && elsewhere !== undefined) {
      const what = 'file systems that other mount namespaces mounted from its disks';
      observations.push(unknownFinding(what, elsewhere));
    }
    return [...observations, ...unresolved(view), ...maybeMore(stack, view)];
  },
};

function seen(mounts: readonly StackedMount[]): Observation {
  const commands = [...new Set(mounts.map(unmountCommand))];
  return {
    message: `contains mounted file systems: ${listSome([...new Set(mounts.map(mountTitle))])}`,
    evidence: mounts.map(mountEvidence),
    // The last mount may be on the first one, so they are unmounted in reverse order.
    remedy: `unmount it: ${commands.reverse().join(' && ')}`,
  };
}

/** File systems that are active on it, without a visible mount. */
function unseen(stack: StorageStack, view: SafetyView): readonly Observation[] {
  const { graph } = view.storage;
  const explained = new Set(
    stack.mounts.flatMap((place) => [place.block.block.name, ...graph.blocksOf(place)]),
  );
  const systems = view.host.use.fileSystems;
  const hidden = (Array.isArray(systems) ? systems : []).filter(
    ({ blocks }) =>
      blocks.some((name: string) => stack.blocks.has(name)) &&
      !blocks.some((name: string) => explained.has(name)),
  );
  if (hidden.length === 0) return [];
  const names = hidden.map(({ type, blocks }) =>
    type === JOURNALS
      ? `the journal of a file system on ${blocks.join(', ')}`
      : `${type} on ${blocks.join(', ')}`,
  );
  const [block = ''] = hidden.flatMap(({ blocks }) => blocks);
  return [
    {
      message: `contains file systems that are mounted elsewhere, for example in a container: ${listSome(names)}`,
      evidence: names.map((name) => `the kernel uses ${name}, which is not among the mounts seen here`),
      remedy: `find its mounts: grep -l ${block} /proc/*/mountinfo, and stop those processes`,
    },
  ];
}

/** File systems that may have more devices: any device without another known use may be one. */
function maybeMore({ blocks }: StorageStack, { storage, host }: SafetyView): readonly Observation[] {
  const systems = knownValue(host.use.fileSystems) ?? [];
  const names = [
    ...systems
      .filter(({ mayHaveMore }) => mayHaveMore === true)
      .map((each) => `${each.type} on ${each.blocks[0]}`),
    ...storage.graph.mounts
      .filter(({ mount, isCopy }) => mount.type === 'jfs' && !isCopy)
      .map(({ mount }) => `the log of jfs on ${mount.source}`),
  ];
  if (names.length === 0) return [];
  const unclaimed = [...blocks.values()].filter(
    ({ block }) =>
      knownValue(block.signature) === undefined &&
      storage.graph.above(block.name).length === 0 &&
      !systems.some((system) => system.blocks.includes(block.name)),
  );
  if (unclaimed.length === 0) return [];
  return [
    {
      message: `cannot be checked: ${listSome(unclaimed.map(({ block }) => block.name))} may be a further device of ${listSome(names)}`,
      evidence: names.map((name) => `the kernel does not show all devices of ${name}`),
      remedy: 'find its devices: dump.f2fs or jfs_debugfs; if it is not this device, --allow mounted',
      isUnknown: true,
    },
  ];
}

/** Mounts of devices with unknown names, which may be any disk. */
function unresolved(view: SafetyView): readonly Observation[] {
  const names = view.storage.graph.mounts
    .filter(({ isCopy }) => !isCopy)
    .flatMap((place) =>
      view.storage.graph.unresolvedOf(place).map((path) => `${path} for ${place.mount.point}`),
    );
  if (names.length === 0) return [];
  return [
    {
      message: `cannot be checked: the block device of mounted file systems is unknown: ${listSome(names)}`,
      evidence: names.map((name) => `mountinfo names ${name}`),
      remedy:
        'find that device: findmnt --output TARGET,SOURCE,MAJ:MIN; if it is not this device, --allow mounted',
      isUnknown: true,
    },
  ];
}
