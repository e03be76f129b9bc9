import { expect, test } from 'vitest';
import { isUnknown } from '../../../lib/base/known.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { hostLookup } from '../../../lib/sysfs/host-lookup.ts';
import { readHost } from '../../support/reading.ts';

const snapshot = openHost('fixtures/lab-intel-vfio.snapshot');
const { devices } = readHost(snapshot);

/** A host with links and folders of sysfs, and nothing else. */
function hostWith(
  links: Readonly<Record<string, string>>,
  folders: Readonly<Record<string, readonly string[]>>,
): HostReader {
  return {
    ...snapshot,
    label: 'a host',
    readLink: (path: string) => links[path] ?? null,
    list: (path: string) => folders[path] ?? null,
  } as HostReader;
}

const host = hostWith(
  {
    '/sys/bus/mdev/devices/c2177883-f1bb-47f0-914d-32a22e3a8804':
      '../../../devices/pci0000:00/0000:00:02.0/c2177883-f1bb-47f0-914d-32a22e3a8804',
    '/sys/bus/mdev/devices/00000000-0000-4000-8000-000000000000': '../../../devices/vfio_ap/matrix/x',
    '/sys/bus/vdpa/devices/vdpa0':
      '../../../devices/pci0000:00/0000:00:01.0/0000:01:10.0/mlx5_core.vdpa.2/vdpa0',
  },
  {
    '/sys/bus/vdpa/devices': ['vdpa0'],
    '/sys/bus/vdpa/devices/vdpa0': ['driver', 'vhost-vdpa-3'],
  },
);

test('a mediated device is of the function above it', () => {
  const lookup = hostLookup(host, devices);
  expect(lookup.parentOfMdev('c2177883-f1bb-47f0-914d-32a22e3a8804')).toBe('0000:00:02.0');
  expect(lookup.parentOfMdev('c2177883-f1bb-47f0-914d-000000000000')).toBeNull();
  expect(isUnknown(lookup.parentOfMdev('00000000-0000-4000-8000-000000000000'))).toBe(true);
});

test('a node of vDPA is of the function above it', () => {
  const lookup = hostLookup(host, devices);
  expect(lookup.functionOfVdpa('/dev/vhost-vdpa-3')).toBe('0000:01:10.0');
  expect(lookup.functionOfVdpa('/dev/vhost-vdpa-4')).toBeNull();
});

test('what a snapshot does not hold is unknown, and not absent', () => {
  const lookup = hostLookup(
    new SnapshotHost({ label: 'old', identifiers: 'raw', entries: new Map() }),
    devices,
  );
  expect(isUnknown(lookup.parentOfMdev('c2177883-f1bb-47f0-914d-32a22e3a8804'))).toBe(true);
  expect(isUnknown(lookup.functionOfVdpa('/dev/vhost-vdpa-0'))).toBe(true);
});

test('an interface has the VFs of its PF', () => {
  const pf = devices.find(({ sriov }) => sriov !== null && 'role' in sriov && sriov.role === 'pf');
  const names = pf?.netInterfaces;
  if (pf === undefined || !Array.isArray(names)) throw new Error('it has a PF with an interface');
  const lookup = hostLookup(snapshot, devices);
  const found = lookup.vfsOfInterface(names[0] as string);
  expect(found).toMatchObject({ pf: pf.address });
  expect(lookup.vfsOfInterface('nothing0')).toBeNull();
  const [vf] = found !== null && !isUnknown(found) ? found.vfs : [];
  expect(vf !== undefined && lookup.pfOf(vf)).toBe(pf.address);
  expect(lookup.pfOf(pf.address)).toBeNull();
});
