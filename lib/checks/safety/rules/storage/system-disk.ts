import { isUnknown, knownValue } from '../../../../base/known.ts';
import { mayHaveInterfaces } from '../../network-view.ts';
import { carryingOf, type RemotePart, remotePartsOf } from '../../remote-storage.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type Observation, type SafetyRule } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import type { PlacedMount } from '../../storage-graph.ts';
import { blockTitle, isSystemMount, mountEvidence, mountTitle } from '../../storage-view.ts';
import { SYSTEM_POINTS } from '../../system-points.ts';

export const systemDisk: SafetyRule = {
  name: 'system-disk',
  title: 'the host runs from it',
  severity: 'forbids',
  meaning: `A file system that the host runs from is on it, or on a device that is built on it: one of ${[...SYSTEM_POINTS].map((point) => `\`${point}\``).join(', ')}. The rule follows partitions, LVM, md, dm-crypt, bcache, btrfs and bcachefs with several devices, logs and journals on other devices, ZFS pools, loop devices and overlays. A network function counts too, if it carries such a file system: NFS, iSCSI, NBD, NVMe over a network. If this could not be read, \`mounted\` reports it.`,
  remedy: 'this finding cannot be accepted while the host runs from it',
  find: (device, view) => {
    const { mounts } = view.storage.stackOn(device.address);
    const system = mounts.filter((place) => isSystemMount(place) && !place.isCopy);
    const places = [...new Set(system.map(mountTitle))];
    const observations: Observation[] = [];
    if (system.length > 0) {
      const message = `contains ${whatOf(system)}: ${listSome(places)}`;
      observations.push({ message, evidence: system.map(mountEvidence) });
    }
    return [...observations, ...carried(device, view)];
  },
};

function whatOf(places: readonly PlacedMount[]): string {
  return places.some(({ mount }) => mount.point === '/')
    ? 'the root file system'
    : 'file systems that the host runs from';
}

interface CarriedMount extends RemotePart {
  readonly place: PlacedMount;
}

/** File systems that the host runs from and that are on another host. */
function carried(device: SafetyDevice, view: SafetyView): readonly Observation[] {
  if (!mayHaveInterfaces(device)) return [];
  const { graph } = view.storage;
  const parts = graph.mounts
    .filter((place) => isSystemMount(place) && !place.isCopy)
    .flatMap((place) => remotePartsOf(place, graph).map((part) => ({ ...part, place })));
  return parts.flatMap((part) => {
    const { ways, isKnown } = carryingOf(device.address, part.remote, view);
    const what = `${whatOf([part.place])} over ${part.remote.protocol}: ${titleOf(part)}`;
    if (ways.length > 0) return [{ message: `carries ${what}`, evidence: ways }];
    return isKnown || !mayBeUp(device, view) ? [] : [notKnownCarrier(what)];
  });
}

function titleOf({ place, block }: CarriedMount): string {
  const { source, point } = place.mount;
  return block === null ? `${source} on ${point}` : `${blockTitle(block)}, ${source} on ${point}`;
}

function notKnownCarrier(what: string): Observation {
  return {
    message: `cannot be checked: no known interface carries ${what}`,
    evidence: [],
    remedy:
      'find the interface for the server: ip route get SERVER; if it is not on this device, --allow system-disk',
    isUnknown: true,
  };
}

/** Whether it has an interface that is not known to be down. */
function mayBeUp(device: SafetyDevice, view: SafetyView): boolean {
  const stack = view.network.stackOn(device.address);
  if (isUnknown(view.host.use.interfaces) || stack.length === 0) return true;
  return stack.some((each) => isUnknown(each.interface.isUp) || knownValue(each.interface.isUp) === true);
}
