import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED } from '../../../lib/base/known.ts';
import type { Attachment } from '../../../lib/pci/attachment.ts';
import { compareNames } from '../../../lib/sysfs/device/attachments.ts';
import type { FunctionSpec } from '../../support/host-spec.ts';
import type { HostTree } from '../../support/host-tree.ts';
import { ONE, ONE_SPEC, readOne, readSpec } from '../../support/reading.ts';
import {
  display,
  fibreChannelPort,
  infinibandNode,
  networkInterface,
  nvmeDrive,
  sasHost,
  sataDrive,
  soundCard,
  thunderboltDomain,
  usbBus,
  virtioDisk,
} from '../../support/things.ts';

const thing = (kind: string, name: string, facts: object = {}) => ({
  kind,
  name,
  mac: null,
  state: null,
  serial: null,
  sizeBytes: null,
  ...facts,
});
const attachments = (below: FunctionSpec['below'], change?: (tree: HostTree) => void) =>
  readOne('attachments', { below }, change);

const TRUNCATED =
  'WALK_TRUNCATED has more than 4096 things, 4096 directories or 24 levels below it; pci does not read the rest';

describe('what hangs on a function', () => {
  it('may be nothing', () => {
    expect(attachments({})).toEqual({ value: [], messages: [] });
  });

  it('may not be listed', () => {
    expect(readOne('attachments', {}, (tree) => tree.deny(ONE)).value).toEqual(DENIED);
    const failed = readOne('attachments', {}, (tree) => tree.fail(ONE, 'EIO'));
    expect(failed.value).toEqual(BROKEN);
    expect(failed.messages).toContain('ATTRIBUTE_BROKEN . cannot be read: EIO');
  });

  it.each<readonly [string, FunctionSpec['below'], readonly object[]]>([
    [
      'network interfaces, in the order of people',
      {
        ...networkInterface('eth10', '52:54:00:00:00:10', 'down'),
        ...networkInterface('eth9', '52:54:00:00:00:09'),
      },
      [
        thing('net', 'eth9', { mac: '52:54:00:00:00:09', state: 'up' }),
        thing('net', 'eth10', { mac: '52:54:00:00:00:10', state: 'down' }),
      ],
    ],
    [
      'an interface behind virtio',
      networkInterface('eth0', '52:54:00:00:00:00', 'up', 'virtio3'),
      [thing('net', 'eth0', { mac: '52:54:00:00:00:00', state: 'up' })],
    ],
    [
      'an NVMe drive with its namespace',
      nvmeDrive(0, 'S123', 1000),
      [
        thing('block', 'nvme0n1', { sizeBytes: 512_000 }),
        thing('nvme', 'nvme0', { serial: 'S123', model: 'Example NVMe' }),
      ],
    ],
    [
      'a namespace that is reached over several paths',
      { 'nvme/nvme1/serial': 'S1', 'nvme/nvme1/nvme1c1n2/size': '8' },
      [thing('block', 'nvme1n2', { sizeBytes: 4096 }), thing('nvme', 'nvme1', { serial: 'S1' })],
    ],
    ['a SATA drive', sataDrive(1, 'sda', 2048), [thing('block', 'sda', { sizeBytes: 1_048_576 })]],
    [
      'a display without its connectors',
      display(0, 'HDMI-A-1'),
      [thing('drm', 'card0'), thing('drm', 'renderD128')],
    ],
    ['a sound card', soundCard(1), [thing('sound', 'card1')]],
    [
      'a USB controller with a network adapter and a drive',
      {
        ...usbBus(1),
        'usb1/1-4/1-4.2/1-4.2:1.0/net/enx1/address': '52:54:00:00:00:55',
        'usb1/1-5/1-5:1.0/host6/target6:0:0/6:0:0:0/block/sdb/size': '16',
      },
      [
        thing('block', 'sdb', { sizeBytes: 8192 }),
        thing('net', 'enx1', { mac: '52:54:00:00:00:55', state: null }),
        thing('usb', 'usb1'),
      ],
    ],
    ['a device on VFIO', { 'vfio-dev/vfio0/dev': '511:0' }, [thing('vfio-dev', 'vfio0')]],
  ])('may be %s', (_, below, expected) => {
    expect(attachments(below)).toEqual({ value: expected, messages: [] });
  });

  it('is not what hangs on functions behind it', () => {
    const bridge = { ...ONE_SPEC, classCode: '060400', bridge: { secondary: 1, subordinate: 1 } };
    const nic = {
      ...ONE_SPEC,
      address: '0000:01:00.0',
      under: ONE_SPEC.address,
      below: networkInterface('eth0', '52:54:00:00:00:00'),
    };
    const { devices } = readSpec({ functions: [bridge, nic] }, ['attachments']);
    expect(devices.map((device) => device.attachments)).toMatchObject([[], [{ name: 'eth0' }]]);
  });

  it('may not let itself be read', () => {
    const below = { ...networkInterface('eth0', 'x'), ...nvmeDrive(0, 'S', 8) };
    const { value, messages } = attachments(below, (tree) => {
      tree.deny(`${ONE}/net/eth0/address`);
      tree.fail(`${ONE}/net/eth0/operstate`, 'EIO');
      tree.attribute(`${ONE}/nvme/nvme0/nvme0n1/size`, 'large');
      tree.remove(`${ONE}/nvme/nvme0/serial`);
    });
    expect(value).toEqual([
      thing('block', 'nvme0n1', { sizeBytes: BROKEN }),
      thing('net', 'eth0', { mac: DENIED, state: BROKEN }),
      thing('nvme', 'nvme0', { model: 'Example NVMe' }),
    ]);
    expect(messages).toEqual([
      'ATTRIBUTE_BROKEN nvme/nvme0/nvme0n1/size holds "large"',
      'ATTRIBUTE_BROKEN net/eth0/operstate cannot be read: EIO',
    ]);
  });

  it('is walked as far as is reasonable', () => {
    const below = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`host${index}/x`, '']));
    const { value, messages } = attachments(below);
    expect(value).toEqual([]);
    expect(messages).toEqual([TRUNCATED]);
  });

  it('is not counted without end', () => {
    const { value, messages } = attachments(
      Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`net/eth${index}/address`, 'a'])),
    );
    expect(value).toHaveLength(4096);
    expect(messages).toEqual([TRUNCATED]);
  });

  it('is not followed down without end', () => {
    const { value, messages } = attachments({ [`${'host1/'.repeat(40)}net/eth0/address`]: 'a' });
    expect(value).toEqual([]);
    expect(messages).toEqual([TRUNCATED]);
  });
});

describe('what identifies a function by what hangs on it', () => {
  const NQN = 'nqn.2019-08.org.example:nvme:42';
  const drive = (below: FunctionSpec['below']) => ({ ...nvmeDrive(0, '', 8), ...below });

  it.each<readonly [string, FunctionSpec['below'], string, object]>([
    ['a disk of virtio', virtioDisk('vda', 'DISK-1'), 'vda', { serial: 'DISK-1' }],
    [
      'a Fibre Channel port',
      fibreChannelPort(0, '0x2100001b32000001', '0x2000001b32000001', '0x2101001b32000009'),
      'host0',
      { worldWideName: '0x2100001b32000001 0x2000001b32000001' },
    ],
    [
      'a SAS host that its driver names',
      sasHost(0, '0x500605b001234560', true),
      'host0',
      { worldWideName: '0x500605b001234560' },
    ],
    [
      'a SAS host by its first phy',
      sasHost(0, '0x500605b001234560', false),
      'host0',
      { worldWideName: '0x500605b001234560' },
    ],
    [
      'an InfiniBand node',
      infinibandNode('mlx5_0', '0002:c903:0010:0001'),
      'mlx5_0',
      { worldWideName: '0002:c903:0010:0001' },
    ],
    [
      'a Thunderbolt host, and not what is plugged in',
      thunderboltDomain(0, 'd7030000-0082-8c18-23c4-b11c7ab4f821'),
      'domain0',
      { worldWideName: 'd7030000-0082-8c18-23c4-b11c7ab4f821' },
    ],
    [
      'a GPU by its unique id',
      { ...display(0, 'DP-1'), unique_id: '0123456789abcdef' },
      'card0',
      { worldWideName: '0123456789abcdef' },
    ],
    [
      'a drive without a serial number by its subsystem',
      drive({ 'nvme/nvme0/subsysnqn': NQN }),
      'nvme0',
      { worldWideName: NQN },
    ],
    [
      'such a drive by its only namespace, if the kernel made the name of the subsystem',
      drive({
        'nvme/nvme0/subsysnqn': 'nqn.2014.08.org.nvmexpress:1b361af4',
        'nvme/nvme0/nvme0n1/wwid': 'eui.0025385b71b0a0e1',
      }),
      'nvme0',
      { worldWideName: 'eui.0025385b71b0a0e1' },
    ],
  ])('is read: %s', (_, below, name, facts) => {
    const { value, messages } = attachments(below);
    expect(messages).toEqual([]);
    expect(value).toContainEqual(expect.objectContaining({ name, ...facts }));
  });

  it.each<readonly [string, FunctionSpec['below'], string]>([
    ['a virtual port', fibreChannelPort(0, '0x2100001b32000001', '0x2', '0x2101001b32000009'), 'host1'],
    ['a host of neither kind', { 'host0/scsi_host/host0/unique_id': '1' }, 'host0'],
    ['a drive that has a serial number', { 'nvme/nvme0/serial': 'S1', 'nvme/nvme0/subsysnqn': NQN }, 'nvme0'],
    [
      'a namespace that is named by a serial number that is blank',
      drive({ 'nvme/nvme0/nvme0n1/wwid': 'nvme.1b36-20-51-00000001' }),
      'nvme0',
    ],
  ])('is not there: %s', (_, below, name) => {
    const { value } = attachments(below);
    const found = (value as readonly Attachment[]).find((each) => each.name === name);
    expect(found).toMatchObject({ name });
    expect(found).not.toHaveProperty('worldWideName');
  });

  it('is not known where it may not be read', () => {
    const { value } = attachments(infinibandNode('mlx5_0', '1'), (tree) =>
      tree.deny(`${ONE}/infiniband/mlx5_0/node_guid`),
    );
    expect(value).toEqual([thing('infiniband', 'mlx5_0', { worldWideName: DENIED })]);
  });
});

describe('names of interfaces and disks', () => {
  const FUNCTIONS: readonly FunctionSpec[] = [
    {
      ...ONE_SPEC,
      driver: 'igb',
      below: { ...networkInterface('eth10', 'a'), ...networkInterface('eth9', 'b') },
    },
    {
      ...ONE_SPEC,
      address: '0000:00:04.0',
      driver: 'virtio-pci',
      below: networkInterface('eth0', 'c', 'up', 'virtio0'),
    },
    {
      ...ONE_SPEC,
      address: '0000:00:05.0',
      classCode: '010802',
      driver: 'nvme',
      below: nvmeDrive(0, 'S', 8),
    },
    {
      ...ONE_SPEC,
      address: '0000:00:06.0',
      classCode: '010601',
      driver: 'ahci',
      below: sataDrive(2, 'sda', 8),
    },
    { ...ONE_SPEC, address: '0000:00:07.0', classCode: '0c0330', driver: 'xhci_hcd', below: usbBus(1) },
    { ...ONE_SPEC, address: '0000:00:08.0' },
  ];
  const CONTROLLER = '/sys/devices/pci0000:00/0000:00:05.0/nvme/nvme0';
  const EXPECTED = [
    [['eth9', 'eth10'], []],
    [['eth0'], []],
    [[], ['nvme0n1']],
    [[], ['sda']],
    [[], []],
    [[], []],
  ];
  const names = (change: (tree: HostTree) => void = () => {}) => {
    const { devices } = readSpec({ functions: FUNCTIONS, change }, ['netInterfaces', 'blockDevices']);
    return devices.map((device) => [device.netInterfaces, device.blockDevices]);
  };

  it('are found through the class directories, without looking below the devices', () => {
    expect(names()).toEqual(EXPECTED);
    const unseen = names((tree) => {
      tree.remove(`${ONE}/net`);
      tree.remove('/sys/devices/pci0000:00/0000:00:05.0/nvme');
    });
    expect(unseen).toEqual(EXPECTED);
  });

  it('are found by walking where there are none', () => {
    const walked = names((tree) => {
      tree.remove('/sys/class/net');
      tree.remove('/sys/block');
    });
    expect(walked).toEqual(EXPECTED);
  });

  it('are found by walking where a class directory holds what is no link, as in old kernels', () => {
    const walked = names((tree) => {
      tree.remove('/sys/class/net');
      tree.attribute('/sys/class/net/eth0/address', 'c');
      tree.deny('/sys/block');
    });
    expect(walked).toEqual(EXPECTED);
  });

  it('are found through the class directory though bonding has a file in it', () => {
    const indexed = names((tree) => {
      tree.attribute('/sys/class/net/bonding_masters', '');
      tree.remove(`${ONE}/net`);
    });
    expect(indexed).toEqual(EXPECTED);
  });

  it('are those of disks that are reached over several paths too', () => {
    const several = names((tree) => {
      tree.remove('/sys/block/nvme0n1');
      tree.linkTo('/sys/block/nvme0n1', '/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1');
      tree.remove(`${CONTROLLER}/nvme0n1`);
      tree.attribute(`${CONTROLLER}/nvme0c0n1/size`, '8');
      tree.linkTo('/sys/block/nvme0c0n1', `${CONTROLLER}/nvme0c0n1`);
    });
    expect(several).toEqual(EXPECTED);
  });

  it('may be hidden with the directory that holds them', () => {
    const hidden = names((tree) => {
      tree.remove('/sys/class/net');
      tree.deny(`${ONE}/net`);
    });
    expect(hidden[0]).toEqual([DENIED, []]);
  });

  it('are none of a device without a driver', () => {
    const { value } = readOne('netInterfaces', { below: { 'net/eth0/x': '' } }, (tree) =>
      tree.remove('/sys/class/net'),
    );
    expect(value).toEqual([]);
  });
});

it('names are ordered as people count, whatever they are', () => {
  expect(['eth10', 'eth1x', 'eth2', 'eth', 'br0'].sort(compareNames)).toEqual([
    'br0',
    'eth',
    'eth2',
    'eth10',
    'eth1x',
  ]);
});
