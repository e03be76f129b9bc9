import { isUnknown } from '../../../base/known.ts';
import { count, formatSize } from '../../../base/text.ts';
import type { NeededDevice } from '../../../facts/machine-needs.ts';
import type { Fix, FixFacts } from '../fix.ts';
import { fixRemedy } from '../remedies.ts';
import type { LibvirtSession } from '../validated-host.ts';
import type { MachineRule } from '../validation-rule.ts';
import { doesNotApply, holds, unknownVerdict, type Verdict, violated } from '../verdict.ts';

const KIB = 1024;
const USER = /^[a-z_][\w.-]{0,31}$/i;

// The amount that libvirt adds for the memory of devices: qemuDomainGetMemLockLimitBytes().
const DEVICES_BYTES = 2 ** 30;

export const machineMemlock: MachineRule = {
  id: 'machine-memlock',
  title: 'it may lock all of its memory',
  grade: 'fail',
  purposes: ['machines'],
  meaning:
    'A VM with devices locks its memory, once for each device if its guest has an IOMMU. libvirt allows that and 1 GiB, but a `<hard_limit>` in the definition replaces this limit, and an IOMMU that is only in the QEMU arguments is not counted. The libvirt of an ordinary user (`qemu:///session`) cannot allow more than the limit of that user (`/proc/self/limits`).',
  evaluate: ({ memoryBytes, hardLimitBytes, iommu, devices }, { session, facts }) => {
    if (devices.length === 0) return doesNotApply('has no devices');
    if (isUnknown(memoryBytes)) return unknownVerdict('its memory', memoryBytes);
    if (isUnknown(hardLimitBytes)) return unknownVerdict('its lock limit', hardLimitBytes);
    if (memoryBytes === null) return doesNotApply('has no memory in its definition');
    const known = devices.filter(({ kind }) => kind !== 'argument');
    const needed = memoryBytes * timesOf(devices, iommu) + DEVICES_BYTES;
    const allowed =
      hardLimitBytes ??
      // libvirt raises the limit only for devices that it knows.
      (known.length === 0
        ? 0
        : memoryBytes * timesOf(known, iommu === 'arguments' ? null : iommu) + DEVICES_BYTES);
    if (allowed >= needed) {
      const text = `may lock ${formatSize(allowed)}`;
      return session === null ? holds(text) : ofSession(session, allowed, text, facts);
    }
    return violated(
      `with ${count(devices.length, 'device')} needs ${formatSize(needed)} locked, and may lock ${formatSize(allowed)}`,
      {
        evidence: [
          hardLimitBytes !== null
            ? '<memtune><hard_limit> in its definition'
            : iommu === 'arguments'
              ? 'its IOMMU is in the QEMU arguments, which libvirt does not count'
              : `QEMU arguments, which libvirt does not count: ${devices.map(({ name }) => name).join(', ')}`,
        ],
        remedy:
          hardLimitBytes === null
            ? iommu === 'arguments'
              ? "write the IOMMU as an element: <iommu model='intel'>"
              : 'write the devices as elements: pci xml DEVICE'
            : 'remove <hard_limit> from its definition, or raise it (virsh memtune)',
      },
    );
  },
};

/** How many times libvirt counts the memory: qemuDomainGetMemLockLimitBytes(). */
function timesOf(devices: readonly NeededDevice[], iommu: string | null): number {
  const vdpa = devices.filter(({ kind }) => kind === 'vdpa').length;
  const nvme = devices.filter(({ kind }) => kind === 'nvme').length;
  const others = devices.length - vdpa - nvme;
  return vdpa + (nvme > 0 ? 1 : 0) + (iommu === null ? Math.min(1, others) : others);
}

/** A user other than root cannot raise the limit. */
function ofSession(
  { user, lockLimitBytes }: LibvirtSession,
  needed: number,
  otherwise: string,
  facts: FixFacts,
): Verdict {
  if (isUnknown(lockLimitBytes)) return unknownVerdict('the lock limit of the user', lockLimitBytes);
  if (lockLimitBytes === null || lockLimitBytes >= needed) return holds(otherwise);
  const fix: Fix = { kind: 'lock-limit', user, sizeBytes: Math.ceil(needed / KIB) * KIB };
  return violated(`needs ${formatSize(needed)} locked, and ${user} may lock ${formatSize(lockLimitBytes)}`, {
    evidence: ['/proc/self/limits: Max locked memory'],
    remedy: fixRemedy(fix, facts),
    ...(USER.test(user) ? { fix } : {}),
  });
}
