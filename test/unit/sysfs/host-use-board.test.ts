import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD } from '../../../lib/base/known.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { readConsoles } from '../../../lib/sysfs/host-use/console/consoles.ts';
import { readFramebufferMap } from '../../../lib/sysfs/host-use/console/displays.ts';
import { readBluetoothAdapters, readInputs } from '../../../lib/sysfs/host-use/console/inputs.ts';
import { readDeviceNodes } from '../../../lib/sysfs/host-use/node/device-nodes.ts';
import { readKernelWork } from '../../../lib/sysfs/host-use/node/kernel-work.ts';
import { readMadeDevices } from '../../../lib/sysfs/host-use/node/made-devices.ts';
import { readWatchdogs } from '../../../lib/sysfs/host-use/node/watchdogs.ts';
import { readSystemMemory } from '../../../lib/sysfs/host-use/storage/system-memory.ts';
import { HostTree } from '../../support/host-tree.ts';

type Put = (tree: HostTree) => void;

function host(put: Put): SnapshotHost {
  const tree = new HostTree();
  tree.directory('/sys');
  tree.directory('/proc');
  put(tree);
  return new SnapshotHost(tree.snapshot('board'));
}

const HERE = '0000:00:02.0';
const PCI = `/sys/devices/pci0000:00/${HERE}`;
const NOTHING = host(() => {});

describe('watchdogs', () => {
  const read = (put: (tree: HostTree, path: string) => void) =>
    readWatchdogs(
      host((tree) => {
        const path = `${PCI}/iTCO_wdt.1.auto/watchdog/watchdog0`;
        tree.linkTo('/sys/class/watchdog/watchdog0', path);
        tree.attribute(`${path}/identity`, 'iTCO_wdt');
        put(tree, path);
      }),
    );
  const watchdog = { name: 'watchdog0', function: HERE, identity: 'iTCO_wdt' };

  it.each([
    ['active', true],
    ['inactive', false],
    ['?', BROKEN],
  ])('are %s or not', (state, isArmed) => {
    expect(read((tree, path) => tree.attribute(`${path}/state`, state))).toEqual([{ ...watchdog, isArmed }]);
  });

  it('may not tell, or not be there', () => {
    expect(read((tree, path) => tree.deny(`${path}/state`))).toEqual([{ ...watchdog, isArmed: DENIED }]);
    expect(read(() => {})).toEqual([{ ...watchdog, isArmed: null }]);
    expect(readWatchdogs(NOTHING)).toBeNull();
  });
});

describe('memory of the host', () => {
  const read = (iomem: string, put: Put = () => {}) =>
    readSystemMemory(
      host((tree) => {
        tree.text('/proc/iomem', iomem);
        put(tree);
      }),
    );
  const REGION = '/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0';
  const ENDPOINT = '/sys/devices/platform/ACPI0017:00/root0/port1/endpoint2';
  const REGION_MAP =
    '00001000-0009ffff : System RAM\n100000000-1ffffffff : CXL Window 0\n  100000000-1ffffffff : region0\n    100000000-1ffffffff : System RAM (kmem)\n';
  const putRegion: Put = (tree) => {
    tree.linkTo('/sys/bus/cxl/devices/region0', REGION);
    tree.linkTo('/sys/bus/cxl/devices/decoder2.0', `${ENDPOINT}/decoder2.0`);
    tree.attribute(`${REGION}/target0`, 'decoder2.0');
    tree.linkTo(`${ENDPOINT}/uport`, `${PCI}/mem0`);
  };

  it('is followed to the function of a CXL region', () => {
    expect(read(REGION_MAP, putRegion)).toEqual([{ name: 'region0', functions: [HERE] }]);
    const denied = read(REGION_MAP, (tree) => {
      putRegion(tree);
      tree.deny(`${REGION}/target0`);
    });
    expect(denied).toEqual([{ name: 'region0', functions: DENIED }]);
    expect(read(REGION_MAP)).toEqual([{ name: 'region0', functions: UNREAD }]);
  });

  it('may be of any device of CXL if it is in no region', () => {
    const map = '100000000-1ffffffff : CXL Window 0\n  100000000-17fffffff : System RAM\n';
    expect(read(map)).toEqual([{ name: 'CXL Window 0', functions: UNREAD }]);
    expect(read('100000000-1ffffffff : CXL Window 0\n')).toEqual([]);
  });

  it('is in a BAR, or a device of virtio', () => {
    const map =
      'e0000000-efffffff : PCI Bus 0000:00\n  e0000000-e0ffffff : 0000:00:02.0\n    e0000000-e0ffffff : System RAM (NVIDIA)\n140000000-17fffffff : virtio2\n  140000000-14fffffff : System RAM (virtio_mem)\nf0000000-f0ffffff : 0000:00:03.0\n';
    const put: Put = (tree) => tree.linkTo('/sys/bus/virtio/devices/virtio2', `${PCI}/virtio2`);
    expect(read(map, put)).toEqual([
      { name: '0000:00:02.0', functions: [HERE] },
      { name: 'virtio2', functions: [HERE] },
    ]);
  });

  it('may be hidden, make no sense, or not have been captured', () => {
    expect(read('00000000-00000000 : System RAM\n')).toEqual(DENIED);
    expect(read('0what\n')).toEqual(BROKEN);
    expect(readSystemMemory(NOTHING)).toEqual(UNREAD);
    expect(read('00001000-0009ffff : System RAM\n')).toEqual([]);
  });
});

describe('devices that are made of functions', () => {
  it('are read with their function', () => {
    const made = host((tree) => {
      tree.linkTo('/sys/bus/mdev/devices/a297db4a', `${PCI}/a297db4a`);
      tree.linkTo('/sys/bus/vdpa/devices/vdpa0', `${PCI}/mlx5_core.vnet.0/vdpa0`);
    });
    expect(readMadeDevices(made, 'mdev')).toEqual([{ name: 'a297db4a', function: HERE }]);
    expect(readMadeDevices(made, 'vdpa')).toEqual([{ name: 'vdpa0', function: HERE }]);
    expect(readMadeDevices(NOTHING, 'mdev')).toBeNull();
  });
});

describe('devices with character nodes', () => {
  it('are those on functions, by class or bus', () => {
    const made = host((tree) => {
      tree.linkTo('/sys/dev/char/4:68', `${PCI}/${HERE}:0/${HERE}:0.0/tty/ttyS4`);
      tree.linkTo('/sys/dev/char/189:3', `${PCI}/usb1/1-4`);
      tree.linkTo('/sys/dev/char/13:67', `${PCI}/usb1/1-4/1-4:1.0/input/input3/event3`);
      tree.linkTo('/sys/dev/char/1:3', '/sys/devices/virtual/mem/null');
    });
    expect(readDeviceNodes(made)).toEqual([
      { name: 'event3', subsystem: 'input', function: HERE },
      { name: '1-4', subsystem: 'usb', function: HERE },
      { name: 'ttyS4', subsystem: 'tty', function: HERE },
    ]);
    expect(readDeviceNodes(NOTHING)).toEqual(UNREAD);
    expect(readDeviceNodes(host((tree) => tree.deny('/sys/dev/char')))).toEqual(DENIED);
  });
});

describe('consoles', () => {
  const read = (put: Put) =>
    readConsoles(
      host((tree) => {
        tree.attribute('/sys/devices/virtual/tty/console/active', 'tty0');
        put(tree);
      }),
    );
  const TTY0 = { name: 'tty0', function: null, source: 'active' };

  it('may be named on the kernel command line', () => {
    const found = read((tree) => {
      tree.attribute(
        '/proc/cmdline',
        'quiet console=tty0 console=ttyUSB0,115200n8 console=ttyS9 xconsole=ttyS1',
      );
      tree.linkTo('/sys/class/tty/ttyUSB0', `${PCI}/usb1/1-4/1-4:1.0/ttyUSB0/tty/ttyUSB0`);
    });
    expect(found).toEqual([TTY0, { name: 'ttyUSB0', function: HERE, source: 'command line' }]);
  });

  it('may go over the network', () => {
    const target = '/sys/kernel/config/netconsole/one';
    const put: Put = (tree) => {
      tree.attribute(`${target}/enabled`, '1');
      tree.attribute(`${target}/dev_name`, 'eth1');
      tree.linkTo('/sys/class/net/eth1', `${PCI}/net/eth1`);
    };
    const over = { name: 'eth1', function: HERE, source: 'netconsole' };
    expect(read(put)).toEqual([TTY0, over]);
    const off = read((tree) => {
      put(tree);
      tree.attribute(`${target}/enabled`, '0');
    });
    expect(off).toEqual([TTY0]);
    const set = read((tree) => {
      tree.attribute('/proc/cmdline', 'netconsole=6665@10.0.0.5/eth1,6666@10.0.0.2/');
      tree.linkTo('/sys/class/net/eth1', `${PCI}/net/eth1`);
    });
    expect(set).toEqual([TTY0, over]);
    const somewhere = read((tree) =>
      tree.text('/proc/consoles', 'tty0 -WU (EC  p  )    4:1\nnetcon0 -W- (E     )\n'),
    );
    expect(somewhere).toEqual([TTY0, { name: '?', function: null, source: 'netconsole' }]);
  });

  it('may be where the kernel debugger listens', () => {
    const put: Put = (tree) => tree.linkTo('/sys/class/tty/ttyS4', `${PCI}/tty/ttyS4`);
    const listening = { name: 'ttyS4', function: HERE, source: 'debugger' };
    const set = read((tree) => {
      put(tree);
      tree.attribute('/proc/cmdline', 'kgdboc=kms,kbd,ttyS4,115200 kgdboc=ttyS9');
    });
    expect(set).toEqual([TTY0, listening]);
    const now = (value: string) =>
      read((tree) => {
        put(tree);
        tree.attribute('/sys/module/kgdboc/parameters/kgdboc', value);
      });
    expect(now('ttyS4')).toEqual([TTY0, listening]);
    expect(now('')).toEqual([TTY0]);
  });

  it.each([
    ['earlyprintk=pciserial,force,00:02.0,115200,keep', 'pciserial', HERE],
    ['earlyprintk=pciserial,0:02.0,keep', 'pciserial', HERE],
    ['earlyprintk=xdbc1,keep', 'xdbc', null],
  ])('may be there from the first moment on: %s', (word, name, on) => {
    const found = read((tree) => tree.attribute('/proc/cmdline', `quiet ${word}`));
    expect(found).toEqual([TTY0, { name, function: on, source: 'early' }]);
  });

  it('end with the first driver if they are not kept', () => {
    expect(read((tree) => tree.attribute('/proc/cmdline', 'earlyprintk=xdbc earlyprintk=vga,keep'))).toEqual([
      TTY0,
    ]);
  });

  it('may not be known', () => {
    const target = '/sys/kernel/config/netconsole';
    expect(read((tree) => tree.deny('/sys/module/kgdboc/parameters/kgdboc'))).toEqual(DENIED);
    expect(read((tree) => tree.deny('/proc/cmdline'))).toEqual(DENIED);
    expect(read((tree) => tree.deny('/sys/class/tty/tty0'))).toEqual(DENIED);
    expect(read((tree) => tree.deny(target))).toEqual(DENIED);
    expect(read((tree) => tree.deny('/proc/consoles'))).toEqual(DENIED);
    expect(read((tree) => tree.deny(`${target}/one/enabled`))).toEqual(DENIED);
  });
});

describe('input devices', () => {
  const kindOf = (capabilities: Readonly<Record<string, string>>) => {
    const inputs = readInputs(
      host((tree) => {
        const path = `${PCI}/i2c_designware.0/i2c-1/i2c-ELAN/0018:04F3:3087.0001/input/input8`;
        for (const [name, bits] of Object.entries(capabilities))
          tree.attribute(`${path}/capabilities/${name}`, bits);
        tree.linkTo('/sys/class/input/input8', path);
      }),
    );
    return Array.isArray(inputs) ? inputs[0].kind : inputs;
  };

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['a touchpad', { ev: 'b', key: 'e520 10000 0 0 0 0', abs: '2e0800000000003' }, 'pointer'],
    ['a touch screen', { ev: 'b', key: '400 0 0 0 0 0', abs: '260800000000000' }, 'pointer'],
    ['one without a word on its axes', { ev: 'b', key: '400 0 0 0 0 0' }, 'pointer'],
    ['keys for the volume', { ev: '1b', key: '3ff 0 0', abs: '100000000' }, 'other'],
    ['a gamepad', { ev: 'b', key: '7fdb000000000000 0 0 0 0', abs: '3003f' }, 'other'],
    ['an accelerometer', { ev: '9', key: '0', abs: '7' }, 'other'],
  ])('are told apart: %s', (_, capabilities, kind) => {
    expect(kindOf(capabilities)).toBe(kind);
  });

  it('may be made by a program', () => {
    const inputs = readInputs(
      host((tree) =>
        tree.linkTo(
          '/sys/class/input/input20',
          '/sys/devices/virtual/misc/uhid/0005:046D:B342.0003/input/input20',
        ),
      ),
    );
    expect(inputs).toMatchObject([{ name: 'input20', function: null, isVirtual: true }]);
  });
});

describe('consoles on framebuffers', () => {
  const read = (line: string) => readFramebufferMap(host((tree) => tree.attribute('/proc/cmdline', line)));

  it('may be set by the kernel command line', () => {
    expect(read('quiet fbcon=map:0 fbcon=map:1')).toBe('map:1');
    expect(read('quiet')).toBeNull();
    expect(readFramebufferMap(host((tree) => tree.deny('/proc/cmdline')))).toEqual(DENIED);
  });
});

describe('what comes by Bluetooth', () => {
  it('is a keyboard that a program made, and the adapter', () => {
    const radio = host((tree) => {
      tree.linkTo('/sys/class/bluetooth/hci0', `${PCI}/usb1/1-2/1-2:1.0/bluetooth/hci0`);
      tree.linkTo('/sys/class/bluetooth/hci0:256', `${PCI}/usb1/1-2/1-2:1.0/bluetooth/hci0/hci0:256`);
      for (const [name, bus] of [
        ['input8', '0003'],
        ['input9', '0005'],
      ]) {
        tree.linkTo(
          `/sys/class/input/${name}`,
          `/sys/devices/virtual/misc/uhid/${bus}:046D:B342.0003/input/${name}`,
        );
      }
    });
    expect(readBluetoothAdapters(radio)).toEqual([{ name: 'hci0', function: HERE }]);
    expect(readBluetoothAdapters(NOTHING)).toBeNull();
    expect(readInputs(radio)).toMatchObject([
      { name: 'input8', isVirtual: true, isBluetooth: false },
      { name: 'input9', isVirtual: true, isBluetooth: true },
    ]);
  });
});

describe('work of the kernel', () => {
  const read = (put: Put) => readKernelWork(host(put));

  it('is a channel for copying that is taken', () => {
    const channel = (count: string) =>
      read((tree) => {
        tree.linkTo('/sys/class/dma/dma0chan0', `${PCI}/dma/dma0chan0`);
        tree.attribute(`${PCI}/dma/dma0chan0/in_use`, count);
        tree.linkTo('/sys/class/dma/dma1chan0', '/sys/devices/platform/dma1chan0');
        tree.attribute('/sys/devices/platform/dma1chan0/in_use', '1');
      });
    const evidence = '/sys/class/dma/dma0chan0/in_use is 2';
    expect(channel('2')).toEqual([{ name: 'dma0chan0', kind: 'dma', evidence, functions: [HERE] }]);
    expect(channel('0')).toEqual([]);
  });

  it('is a work queue with clients, or a USB device that another host has', () => {
    const found = read((tree) => {
      for (const [name, clients] of [
        ['wq0.0', '2'],
        ['wq0.1', '0'],
      ] as const) {
        tree.linkTo(`/sys/bus/dsa/devices/${name}`, `${PCI}/dsa0/${name}`);
        tree.attribute(`${PCI}/dsa0/${name}/clients`, clients);
      }
      for (const [name, status] of [
        ['1-2', '2'],
        ['1-3', '1'],
      ] as const) {
        tree.linkTo(`/sys/bus/usb/drivers/usbip-host/${name}`, `${PCI}/usb1/${name}`);
        tree.attribute(`${PCI}/usb1/${name}/usbip_status`, status);
      }
    });
    expect(found).toMatchObject([
      { name: 'wq0.0', kind: 'work queue', functions: [HERE] },
      { name: '1-2', kind: 'usbip', functions: [HERE] },
    ]);
  });

  const ALGORITHMS = [
    ['qat_aes_xts', 'intel_qat', 3],
    ['qat_dh', 'intel_qat', 1],
    ['authenc(hmac(sha1-ni),cbc-aes-aesni)', 'authenc', 4],
    ['sha256-ni', 'sha256_ssse3', 9],
    ['crc32c-generic', 'kernel', 9],
  ];
  const putAlgorithms: Put = (tree) => {
    const blocks = ALGORITHMS.map(
      ([driver, module, count]) =>
        `name         : some\ndriver       : ${driver}\nmodule       : ${module}\nrefcnt       : ${count}\n\n`,
    );
    tree.text('/proc/crypto', blocks.join(''));
    tree.linkTo('/sys/bus/pci/drivers/4xxx/module', '/sys/module/qat_4xxx');
    tree.linkTo(`/sys/bus/pci/drivers/4xxx/${HERE}`, PCI);
  };
  const evidence = '/proc/crypto: qat_aes_xts of intel_qat in use';

  it.each([
    ['that the driver uses', 'intel_qat/holders/qat_4xxx'],
    ['that uses the driver', 'qat_4xxx/holders/intel_qat'],
  ])('is an algorithm in use of a module %s', (_, holder) => {
    const found = read((tree) => {
      putAlgorithms(tree);
      tree.directory(`/sys/module/${holder}`);
      tree.directory('/sys/module/authenc/holders/qat_4xxx');
    });
    expect(found).toEqual([{ name: 'intel_qat', kind: 'algorithms', evidence, functions: [HERE] }]);
    expect(read(putAlgorithms)).toEqual([]);
  });

  it('may not be known', () => {
    expect(read((tree) => tree.deny('/proc/crypto'))).toEqual(DENIED);
    expect(read((tree) => tree.deny('/sys/class/dma'))).toEqual(DENIED);
    expect(read(() => {})).toEqual([]);
  });
});
