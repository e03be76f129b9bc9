import { describe, expect, it } from 'vitest';
import { DEVICE_CATEGORIES } from '../../lib/pci/device-class.ts';
import { BUNDLED_NAMES, fixture, pciInside, words } from '../support/pci-program.ts';

async function addressesOf(host: string, selectors: string): Promise<string> {
  const picked = words(selectors);
  const outcome = await pciInside([
    ...['list', '--host', fixture(host), ...BUNDLED_NAMES],
    ...['--columns', 'address', '--no-header', ...picked],
  ]);
  expect(outcome).toMatchObject({ exitCode: 0 });
  return outcome.stdout.trim().split('\n').join(' ');
}

const GRAPHICS = '0000:01:00.0 0000:01:00.1';
const PORTS = '0000:00:01.0 0000:00:06.0 0000:00:1c.0';
const FIRST_VFS = '0000:04:10.0 0000:04:10.2';

describe('list of gpu-desktop', () => {
  it.each([
    // Addresses, as people and programs write them.
    ['0000:01:00.0', '0000:01:00.0'],
    ['01:00.0', '0000:01:00.0'],
    ['1:0.0', '0000:01:00.0'],
    ['0000:00:1C.0', '0000:00:1c.0'],
    ['00000000:01:00.0', '0000:01:00.0'],
    ['pci_0000_01_00_0', '0000:01:00.0'],
    ['PCI_0000_00_1C_0', '0000:00:1c.0'],
    ['/sys/bus/pci/devices/0000:01:00.0', '0000:01:00.0'],
    ['/sys/bus/pci/devices/0000:01:00.0/', '0000:01:00.0'],
    // Cards: all functions of a slot.
    ['01:00', GRAPHICS],
    ['0000:01:00', GRAPHICS],
    ['0000:00:1C', '0000:00:1c.0'],
    // Ids.
    ['10de:2206', '0000:01:00.0'],
    ['10DE:2206', '0000:01:00.0'],
    ['8086:460d', PORTS],
    ['10de:', GRAPHICS],
    // Classes by name and by code, of any length.
    ['class=display', '0000:01:00.0'],
    ['class=Display', '0000:01:00.0'],
    ['class=storage', '0000:02:00.0'],
    ['class=network', '0000:03:00.0'],
    ['class=usb', '0000:00:14.0'],
    ['class=audio', '0000:01:00.1'],
    ['class=bridge', `0000:00:00.0 ${PORTS}`],
    ['class=02', '0000:03:00.0'],
    ['class=0604', PORTS],
    ['class=010802', '0000:02:00.0'],
    ['class=0x010802', '0000:02:00.0'],
    ['class=0C03', '0000:00:14.0'],
    // What it is bound to, and what is bound to nothing.
    ['driver=igb', '0000:03:00.0'],
    ['driver=pcieport', PORTS],
    ['driver=none', '0000:00:00.0'],
    // Groups.
    ['group=5', GRAPHICS],
    ['group=0', '0000:00:00.0'],
    ['group=none', ''],
    // What hangs on it.
    ['netdev=enp3s0', '0000:03:00.0'],
    ['block=nvme0n1', '0000:02:00.0'],
    ['block=/dev/nvme0n1', '0000:02:00.0'],
    [
      'numa=none',
      `0000:00:00.0 0000:00:01.0 0000:00:06.0 0000:00:14.0 0000:00:1c.0 ${GRAPHICS} 0000:02:00.0 0000:03:00.0`,
    ],
    ['pf', ''],
    ['vf', ''],
    // A word of the vendor's or the device's name.
    ['nvidia', GRAPHICS],
    ['NVIDIA', GRAPHICS],
    ['geforce', '0000:01:00.0'],
    ["'GeForce RTX'", '0000:01:00.0'],
    ['i210', '0000:03:00.0'],
    ['samsung', '0000:02:00.0'],
    // Several add up, in the order of the list, each device once.
    ['03:00.0 01:00.1', '0000:01:00.1 0000:03:00.0'],
    ['class=network class=display', '0000:01:00.0 0000:03:00.0'],
    ['01:00.0 class=display 10de: nvidia', GRAPHICS],
    ['-- nvidia', GRAPHICS],
    ['03:00.0 or 01:00.1', '0000:01:00.1 0000:03:00.0'],
    // All parts of one have to match, and none behind an exclamation mark.
    ['nvidia,class=audio', '0000:01:00.1'],
    ['01:00,!class=audio', '0000:01:00.0'],
    ['class=network,!driver=igb', ''],
    ['class=network,!driver=vfio-pci', '0000:03:00.0'],
    ['class=bridge,!driver=none', PORTS],
    ['!class=bridge,!nvidia,!driver=nvme', '0000:00:14.0 0000:03:00.0'],
    ['class=usb nvidia,class=audio', '0000:00:14.0 0000:01:00.1'],
    ['driver=nvme netdev=enp3s0 00:14.0', '0000:00:14.0 0000:02:00.0 0000:03:00.0'],
  ])('%s', async (selectors, expected) => {
    expect(await addressesOf('gpu-desktop', selectors)).toBe(expected);
  });

  it('takes every class by name', async () => {
    const all = DEVICE_CATEGORIES.map((category) => `class=${category}`).join(' ');
    expect(await addressesOf('gpu-desktop', all)).toBe(await addressesOf('gpu-desktop', ''));
  });
});

describe('list of other hosts', () => {
  it.each([
    ['sixty-four-vfs', 'pf', '0000:03:00.0'],
    ['sixty-four-vfs', 'PF', '0000:03:00.0'],
    ['sixty-four-vfs', 'driver=iavf driver=vfio-pci', FIRST_VFS],
    ['sixty-four-vfs', 'vf,driver=vfio-pci', '0000:04:10.2'],
    ['sixty-four-vfs', '04:10,!driver=vfio-pci,!driver=iavf', '0000:04:10.4 0000:04:10.6'],
    ['sixty-four-vfs', '04:10.0 pf', '0000:03:00.0 0000:04:10.0'],
    ['sixty-four-vfs', 'group=21 group=22', FIRST_VFS],
    ['vmd-domain', '10000:e1:00.0', '10000:e1:00.0'],
    ['vmd-domain', '10000:E1:00.0', '10000:e1:00.0'],
    ['vmd-domain', '00010000:e1:00.0', '10000:e1:00.0'],
    ['vmd-domain', 'pci_10000_e1_00_0', '10000:e1:00.0'],
    ['vmd-domain', '10000:e1:00', '10000:e1:00.0'],
    ['vmd-domain', 'numa=0', '0000:6f:00.5 10000:e0:02.0 10000:e1:00.0'],
    ['amd-iommu', 'group=none', '0000:00:00.2'],
    ['virtio-iommu', 'group=none driver=none', '0000:00:00.0 0000:00:01.0 0000:00:03.0'],
    ['broken-config', 'class=other', '0000:00:06.0'],
    ['hostile-names', '00:1a.3', '0000:00:1a.3'],
  ])('%s: %s', async (host, selectors, expected) => {
    expect(await addressesOf(host, selectors)).toBe(expected);
  });

  it('has the VFs, and no more, for vf', async () => {
    const vfs = (await addressesOf('sixty-four-vfs', 'vf')).split(' ');
    expect(vfs).toHaveLength(64);
    expect(vfs.every((address) => address.startsWith('0000:04:1'))).toBe(true);
  });
});

describe('the other commands', () => {
  const jsonOf = async (command: string, selectors: string): Promise<string> => {
    const host = ['--host', fixture('gpu-desktop'), '--json'];
    return (await pciInside([command, ...words(selectors), ...host])).stdout;
  };

  it.each([
    ['show', 'netdev=enp3s0', '0000:03:00.0'],
    ['show', 'block=/dev/nvme0n1', '0000:02:00.0'],
    ['show', '10de:1aef', '0000:01:00.1'],
    ['show', 'geforce', '0000:01:00.0'],
    ['show', 'pci_0000_03_00_0', '0000:03:00.0'],
    ['show', 'class=usb', '0000:00:14.0'],
  ])('%s %s', async (command, selector, address) => {
    const { stdout } = await pciInside([
      command,
      selector,
      '--host',
      fixture('gpu-desktop'),
      ...BUNDLED_NAMES,
    ]);
    expect(stdout.split(' ')[0]).toBe(address);
  });

  it.each([
    ['class=display', [5]],
    ['class=display class=storage', [5, 6]],
    ['driver=none', [0]],
    ['01:00', [5]],
    ['pf', []],
  ])('groups %s', async (selectors, groups) => {
    const document = JSON.parse(await jsonOf('groups', selectors)) as { groups: { id: number }[] };
    expect(document.groups.map(({ id }) => id)).toEqual(groups);
  });

  it.each([
    ['netdev=enp3s0', ['0000:00:1c.0', '0000:03:00.0']],
    ['01:00.1 02:00.0', ['0000:00:01.0', '0000:01:00.1', '0000:00:06.0', '0000:02:00.0']],
    ['00:14.0', ['0000:00:14.0']],
  ])('tree %s has the way to it', async (selectors, addresses) => {
    const text = await jsonOf('tree', selectors);
    expect([...text.matchAll(/"address":"([^"]+)"/g)].map(([, address]) => address)).toEqual(addresses);
  });
});
