import { expect } from 'vitest';
import type { PciDevice } from '../../lib/pci/device.ts';
import type { PhysicalFunction } from '../../lib/pci/sriov/sriov.ts';
import type { Tally } from './compare-functions.ts';
import type { NodeDevice } from './nodedev.ts';
import type { RawFunction } from './raw-sysfs.ts';

// Files that only a running kernel has completely; captured hosts lack some.

/** The meaning of `-1` and an empty text. */
const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text));

/** The attributes of a function that a capture may lack, each as the kernel prints it. */
export function compareAttributes(tally: Tally, device: PciDevice, raw: RawFunction): void {
  const same = (what: string, ours: unknown, theirs: unknown) =>
    tally.same(what, device.address, ours, theirs);
  same('revision', `0x${String(device.revision)}`, raw.text('revision'));
  same('override', device.driverOverride ?? '(null)', raw.text('driver_override'));
  same('power state', device.powerState, raw.text('power_state'));
  same(
    'boot display',
    device.bootVga,
    raw.text('boot_vga') === undefined ? null : raw.text('boot_vga') === '1',
  );
  const resets = raw.text('reset_method');
  same(
    'reset',
    device.resetMethods,
    resets === undefined ? null : resets.split(' ').filter((word) => word !== ''),
  );
  const parts = raw.path.split('/').slice(3, -1);
  same('location', device.location, {
    root: parts[0],
    bridges: parts.slice(1),
    parent: parts.length === 1 ? null : parts.at(-1),
  });
  compareLink(tally, device, raw);
  compareNumbersOfVfs(tally, device, raw);
}

function compareLink(tally: Tally, device: PciDevice, raw: RawFunction): void {
  const speed = (name: string) => {
    const text = raw.text(name) ?? '';
    return text === 'Unknown' ? null : Number.parseFloat(text);
  };
  const width = (name: string) => number(raw.text(name));
  // The kernel also has these files for functions that are part of the processor: without a speed, and with no width
  // or all bits set.
  const hasNone = speed('max_link_speed') === null && [0, 255].includes(width('max_link_width') ?? 0);
  const isLink = raw.text('max_link_speed') !== undefined && !hasNone;
  const link = !isLink
    ? null
    : {
        currentSpeedGts: speed('current_link_speed'),
        currentWidth: width('current_link_width'),
        maxSpeedGts: speed('max_link_speed'),
        maxWidth: width('max_link_width'),
      };
  tally.same('link', device.address, device.link, link);
}

function compareNumbersOfVfs(tally: Tally, device: PciDevice, raw: RawFunction): void {
  if (raw.text('sriov_totalvfs') === undefined) return;
  // The BARs of its VFs are not an attribute.
  const { vfBars: _, ...numbers } = device.sriov as PhysicalFunction;
  tally.same('numbers of VFs', device.address, numbers, {
    role: 'pf',
    totalVfs: number(raw.text('sriov_totalvfs')),
    numVfs: number(raw.text('sriov_numvfs')),
    autoprobe: raw.text('sriov_drivers_autoprobe') === '1',
    offset: number(raw.text('sriov_offset')),
    stride: number(raw.text('sriov_stride')),
    vfDeviceId: raw.text('sriov_vf_device')?.padStart(4, '0'),
    virtualFunctions: raw.virtfns,
  });
}

/** Compares the facts that libvirt reports of a function; it omits some. */
export function compareNodeDevice(tally: Tally, device: PciDevice, theirs: NodeDevice): void {
  const same = (what: string, ours: unknown, others: unknown) =>
    tally.same(`libvirt's ${what}`, device.address, ours, others);
  const { location, sriov, link } = device as KnownDevice;
  same('path', theirs.path, `/sys/devices/${[location.root, ...location.bridges, device.address].join('/')}`);
  const parent = location.parent === null ? 'computer' : `pci_${location.parent.replace(/[:.]/g, '_')}`;
  same('parent', theirs.parent, parent);
  same('driver', device.driver, theirs.driver ?? null);
  expect(device).toMatchObject({
    class: { code: theirs.class?.slice(2) },
    vendor: { id: theirs.vendor?.slice(2) },
    device: { id: theirs.product?.slice(2) },
  });
  same('NUMA node', device.numaNode, number(theirs.numaNode));
  same('group', device.iommuGroup, number(theirs.iommuGroup?.number));
  same('PF', sriov?.role === 'vf' ? sriov.physicalFunction : undefined, theirs.physicalFunction);
  same(
    'VFs',
    sriov?.role === 'pf' ? { max: String(sriov.totalVfs), members: sriov.virtualFunctions } : undefined,
    theirs.virtualFunctions,
  );
  // libvirt reports the width of a link that is down, without a speed; without a link it may report a width of 0.
  const { cap, sta } = theirs.links;
  if (cap !== undefined && link !== null) {
    same('link', [link?.maxSpeedGts, link?.maxWidth], [number(cap.speed), number(cap.width)]);
    same('link now', [link?.currentSpeedGts, link?.currentWidth], [number(sta?.speed), number(sta?.width)]);
  }
}

interface KnownDevice {
  readonly location: {
    readonly root: string;
    readonly bridges: readonly string[];
    readonly parent: string | null;
  };
  readonly sriov:
    | { readonly role: 'vf'; readonly physicalFunction: string }
    | { readonly role: 'pf'; readonly totalVfs: number; readonly virtualFunctions: readonly string[] }
    | null;
  readonly link: {
    readonly currentSpeedGts: number | null;
    readonly currentWidth: number;
    readonly maxSpeedGts: number | null;
    readonly maxWidth: number;
  } | null;
}
