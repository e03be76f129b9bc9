import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { ShareDevice } from '../../../../facts/storage-use.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { firstUnknown, listSome, type SafetyRule, unknownFinding } from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import type { PlacedMount } from '../../storage-graph.ts';
import { isSystemMount, unmountCommand } from '../../storage-view.ts';

/** The possible name of the source of a root file system that the kernel itself mounted, whatever its tag. */
const KERNEL_ROOT = '/dev/root';

export const sharedFolder: SafetyRule = {
  name: 'shared-folder',
  title: 'a mounted 9p or virtiofs share comes through it',
  severity: 'forbids',
  meaning:
    'The host is itself a VM, and a share of its hypervisor is mounted through this virtio function, in any mount namespace. The driver releases the function only after the share is unmounted, so the change would hang.',
  remedy: 'unmount the share; while it is mounted, this finding cannot be accepted',
  find: (device, view) => {
    const { shares, mounts } = view.host.use;
    if (isUnknown(shares))
      return mayBeShare(device) ? [unknownFinding('mounted shares that come through it', shares)] : [];
    const own = (shares ?? []).filter((share) => share.function === device.address);
    return own.flatMap((share) => {
      const all = mountsOf(share, view);
      const tag = knownValue(share.tag);
      const used =
        tag === undefined ? all : all.filter(({ mount }) => [tag, KERNEL_ROOT].includes(mount.source));
      const title = `${share.type} share${tag === undefined ? '' : ` "${tag}"`}`;
      if (used.length > 0) return [mountedShare(title, used, tag === undefined)];
      const unknown = firstUnknown(mounts, view.host.live.unseenMounts);
      return unknown === undefined ? [] : [unknownFinding(`whether its ${title} is mounted`, unknown)];
    });
  },
};

function mountsOf({ type }: ShareDevice, { host }: SafetyView): readonly PlacedMount[] {
  const own = (knownValue(host.use.mounts) ?? []).map((mount) => ({ mount, where: null, isCopy: false }));
  const others = host.live.mountNamespaces.flatMap((where) =>
    where.mounts.map((mount) => ({ mount, where, isCopy: false })),
  );
  return [...own, ...others].filter(({ mount }) => mount.type === type && mount.remote === null);
}

function mountedShare(title: string, used: readonly PlacedMount[], isUnsure: boolean) {
  const points = [...new Set(used.map(({ mount }) => `${mount.source} on ${mount.point}`))];
  const isRoot = used.some((place) => isSystemMount(place) && place.mount.point === '/');
  const what = isRoot ? `the root file system, a ${title}` : `a mounted ${title}`;
  const evidence = used.map(({ mount }) => `${mount.source} is mounted on ${mount.point} (${mount.type})`);
  const remedy = `unmount the share: ${[...new Set(used.map(unmountCommand))].reverse().join(' && ')}`;
  return isUnsure
    ? {
        message: `cannot be checked: its tag is unknown, and shares are mounted: ${listSome(points)}`,
        evidence,
        remedy,
        isUnknown: true as const,
      }
    : { message: `carries ${what}: ${listSome(points)}`, evidence, ...(isRoot ? {} : { remedy }) };
}

/** By the driver, and by the classes that such functions do not have: network, display, SCSI and block storage. */
function mayBeShare({ driver, class: kind }: SafetyDevice): boolean {
  const code = knownValue(kind)?.code ?? '';
  if (driver !== null && !isUnknown(driver) && driver !== 'virtio-pci') return false;
  return driver !== null && !/^(02|03|0100)/.test(code);
}
