import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { BlockDevice } from '../../../../facts/storage-use.ts';
import { isLinkLocal, mayHaveInterfaces, upState } from '../../network-view.ts';
import {
  type Carrying,
  carryingOf,
  type RemotePart,
  remotePartsOf,
  UNKNOWN_REMOTE,
} from '../../remote-storage.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import {
  firstUnknown,
  listSome,
  type Observation,
  type SafetyRule,
  unknownFinding,
} from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import { blockTitle, isSystemMount } from '../../storage-view.ts';

export const netStorage: SafetyRule = {
  name: 'net-storage',
  title: 'it carries storage of another host',
  severity: 'refuses',
  meaning:
    'A disk or file system of another host is reached through one of its interfaces, or through an interface on top of it: NFS, SMB, 9p, Ceph, FUSE, iSCSI, NBD, NVMe over a network, AoE, FCoE. The interface is derived from kernel data about the disk or mount, from the addresses of the connection, or from the route to the server. File systems that the host runs from are reported by `system-disk`.',
  remedy: 'unmount it, and log out of the target or disconnect the disk; or accept it: --allow net-storage',
  find: (device, view) => {
    if (!mayHaveInterfaces(device)) return [];
    const uses = usesOf(view).map((use) => ({ ...use, ...carryingOf(device.address, use.remote, view) }));
    const sure = uses.filter(({ ways }) => ways.length > 0);
    if (sure.length > 0) {
      return [
        {
          message: `carries storage of another host: ${listSome(sure.map(({ title }) => title))}`,
          evidence: sure.flatMap(({ title, ways }) => ways.map((way) => `${title}: ${way}`)),
        },
      ];
    }
    const { interfaces, blocks, mounts } = view.host.use;
    const unknown = firstUnknown(blocks, mounts);
    const mayBeUp = isUnknown(interfaces) || view.network.mayBeUp(device.address).length > 0;
    if (unknown !== undefined && mayBeUp) return [unknownFinding('storage of other hosts', unknown)];
    return notKnownCarrier(device, view, uses);
  },
};

interface RemoteUse extends RemotePart {
  /** `nas:/srv on /srv (nfs4)`, `sdb (iSCSI)`. */
  readonly title: string;
}

/** All mounts of other hosts, and disks of other hosts. */
function usesOf({ storage: { graph } }: SafetyView): readonly RemoteUse[] {
  const places = graph.mounts.filter(({ isCopy }) => !isCopy);
  const seen = new Set<BlockDevice>();
  const uses: RemoteUse[] = [];
  for (const place of places) {
    for (const part of remotePartsOf(place, graph)) {
      if (part.block !== null) seen.add(part.block);
      const { source, point } = place.mount;
      const title = `${source} on ${point} (${part.remote.protocol})`;
      if (!isSystemMount(place)) uses.push({ ...part, title });
    }
  }
  for (const block of graph.blocks) {
    if (block.remote === null || block.partitionOf !== null || seen.has(block)) continue;
    const remote = knownValue(block.remote) ?? UNKNOWN_REMOTE;
    uses.push({ remote, block, title: `${blockTitle(block)} (${remote.protocol})` });
  }
  return uses;
}

function notKnownCarrier(
  device: SafetyDevice,
  view: SafetyView,
  uses: readonly (RemoteUse & Carrying)[],
): readonly Observation[] {
  const lost = uses.filter(
    ({ isKnown, remote, block }) => !isKnown && mayCarry(device, view, { remote, block }),
  );
  if (lost.length === 0) return [];
  return [
    {
      message: `cannot be checked: no known interface carries ${listSome(lost.map(({ title }) => title))}`,
      evidence: view.network.mayBeUp(device.address).map(upState),
      remedy:
        'find the interface for the server: ip route get SERVER; if it is not on this device, --allow net-storage',
      isUnknown: true,
    },
  ];
}

/** An interface without an address carries only protocols without IP, which name their interface. */
function mayCarry({ address }: SafetyDevice, view: SafetyView, { remote, block }: RemotePart): boolean {
  const { interfaces, ipv4, ipv6 } = view.host.use;
  if ([interfaces, ipv4.addresses, ipv6.addresses].some(isUnknown)) return true;
  if (view.network.mayBeUp(address).length === 0) return false;
  if (block !== null && isUnknown(block.remote)) return true;
  if (remote.peers.some((peer) => isLinkLocal({ address: peer }))) return true;
  const own = view.network.addressesOn(address).filter((each) => !isLinkLocal(each.address));
  return own.length > 0 || view.network.unplaced.length > 0;
}
