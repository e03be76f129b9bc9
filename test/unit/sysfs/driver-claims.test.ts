import { describe, expect, it } from 'vitest';
import { DENIED } from '../../../lib/base/known.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { isClaimed } from '../../../lib/pci/driver-claim.ts';
import { readDriverClaims } from '../../../lib/sysfs/device/driver-claims.ts';
import { HostTree } from '../../support/host-tree.ts';
import { ONE_SPEC, readSpec } from '../../support/reading.ts';

function read(files: Readonly<Record<string, string>>, change: (tree: HostTree) => void = () => {}) {
  const tree = new HostTree();
  tree.attribute('/proc/cmdline', 'ro');
  tree.directory('/etc');
  for (const [path, text] of Object.entries(files)) {
    tree.remove(path);
    tree.text(path, text);
  }
  change(tree);
  return readDriverClaims(new SnapshotHost(tree.snapshot('x')));
}

const [DEVICE] = readSpec({ functions: [{ ...ONE_SPEC, subsystem: '1af4:1100' }] }).devices;

describe('settings that give devices to drivers', () => {
  it('are read of the kernel command line, of modprobe.d and of driverctl', () => {
    const claims = read({
      '/proc/cmdline': 'ro vfio-pci.ids=8086:10c9,10de:1b80 xen-pciback.hide=(01:00.0)(0001:02:00.1)\n',
      '/etc/modprobe.d/vfio.conf':
        '# options vfio-pci ids=1:2\noptions vfio_pci disable_vga=1 ids=8086:10c9\n',
      '/etc/driverctl.d/pci-0000:00:03.0': 'vfio-pci\n',
      '/etc/driverctl.d/README': 'vfio-pci\n',
    });
    expect(claims).toEqual([
      {
        where: 'kernel command line: vfio-pci.ids=8086:10c9,10de:1b80',
        driver: 'vfio-pci',
        address: null,
        ids: ['8086:10c9', '10de:1b80'],
      },
      expect.objectContaining({ driver: 'pciback', address: '0000:01:00.0' }),
      expect.objectContaining({ driver: 'pciback', address: '0001:02:00.1' }),
      {
        where: '/etc/modprobe.d/vfio.conf: options vfio_pci disable_vga=1 ids=8086:10c9',
        driver: 'vfio-pci',
        address: null,
        ids: ['8086:10c9'],
      },
      { where: '/etc/driverctl.d/pci-0000:00:03.0', driver: 'vfio-pci', address: '0000:00:03.0', ids: [] },
    ]);
  });

  it('may be none, or not known', () => {
    expect(read({})).toEqual([]);
    const denied = (tree: HostTree) => {
      tree.text('/etc/driverctl.d/pci-0000:00:03.0', 'vfio-pci');
      tree.deny('/etc/driverctl.d/pci-0000:00:03.0');
    };
    expect(read({}, denied)).toEqual(DENIED);
  });

  it.each([
    ['8086:10c9', true],
    ['8086:10C9:1af4:1100', true],
    ['8086:ffffffff', true],
    ['8086:10c9:1af4:1101', false],
    ['8086:10ca', false],
    ['', false],
  ])('by ids are about a device or not: %s', (id, expected) => {
    if (DEVICE === undefined) throw new Error('there is no device');
    expect(isClaimed({ where: '', driver: 'vfio-pci', address: null, ids: [id] }, DEVICE)).toBe(expected);
  });
});
