import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knownValue } from '../../../lib/base/known.ts';
import { checkSafety } from '../../../lib/checks/safety/check-safety.ts';
import { SAFETY_FIELDS } from '../../../lib/checks/safety/safety-fields.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import type { Snapshot } from '../../../lib/host/snapshot/snapshot.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../../lib/host/snapshot/snapshot-parser.ts';
import { formatSnapshot } from '../../../lib/host/snapshot/snapshot-text.ts';
import { groupDevices } from '../../../lib/pci/group/iommu-group.ts';
import { captureHost } from '../../../lib/sysfs/capture.ts';
import { readLiveUse } from '../../../lib/sysfs/host-use/live-use.ts';
import { ipv4Bits } from '../../../lib/sysfs/host-use/network/ip-text.ts';
import { readHostUse } from '../../../lib/sysfs/host-use/read-host-use.ts';
import { readGroupAttributes } from '../../../lib/sysfs/read-groups.ts';
import { IpRedaction } from '../../../lib/sysfs/redaction/ip-redaction.ts';
import { replaceIdentifiers } from '../../../lib/sysfs/redaction/replace-identifiers.ts';
import { buildHost } from '../../support/host-builder.ts';
import type { HostTree } from '../../support/host-tree.ts';
import { gigabitNic, nvmeController } from '../../support/hosts/functions.ts';
import { readHost } from '../../support/reading.ts';
import { networkInterface, nvmeDrive } from '../../support/things.ts';

const ZERO = '0'.repeat(32);
const DISK = '/sys/devices/pci0000:02/0000:02:00.0/nvme/nvme0/nvme0n1';
const NIC = '/sys/devices/pci0000:00/0000:00:19.0/net/eth0';
const LVM = 'LVM-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4';

/** Everything by which somebody could tell this host, or who uses it. */
const SECRETS = [
  'alice',
  'wedding',
  '198.51.100.7',
  '016433C6',
  '20010db8000000aa000000000000beef',
  'beef',
  LVM.slice(4),
  'deadbeef.slice',
];

function putUse(tree: HostTree): void {
  tree.attribute('/etc/machine-id', '0123456789abcdef0123456789abcdef');
  const put = (path: string, number: string): void => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    tree.attribute(`${path}/dev`, number);
    tree.directory(`${path}/holders`);
    tree.linkTo(`/sys/class/block/${name}`, path);
  };
  put(DISK, '259:0');
  put(`${DISK}/nvme0n1p1`, '259:1');
  put('/sys/devices/virtual/block/dm-0', '253:0');
  put('/sys/devices/virtual/block/loop0', '7:0');
  tree.linkTo(`${DISK}/nvme0n1p1/holders/dm-0`, '/sys/devices/virtual/block/dm-0');
  tree.attribute('/sys/devices/virtual/block/dm-0/dm/name', 'vg0-home');
  tree.attribute('/sys/devices/virtual/block/dm-0/dm/uuid', LVM);
  tree.attribute('/sys/devices/virtual/block/loop0/loop/backing_file', '/home/alice/wedding photos.img');
  tree.text(
    '/proc/self/mountinfo',
    [
      '22 1 0:21 / /proc rw - proc proc rw',
      '29 1 253:0 / /home/alice rw,relatime - ext4 /dev/mapper/vg0-home rw',
      '30 1 7:0 / /media/alice/wedding\\040photos ro - iso9660 /dev/loop0 ro',
      '31 1 0:44 / /run/deadbeef.slice rw - overlay overlay rw,lowerdir=/home/alice/l,upperdir=/home/alice/u',
      '',
    ].join('\n'),
  );
  tree.text(
    '/proc/swaps',
    'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/home/alice/swap                        file\t\t1024\t\t0\t\t-2\n',
  );
  tree.text('/proc/iomem', '00001000-0009fbff : System RAM\n01000000-01ffffff : Kernel code\n');
  tree.attribute(`${NIC}/flags`, '0x1003');
  tree.text(
    '/proc/net/route',
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n' +
      'eth0\t00000000\t016433C6\t0003\t0\t0\t0\t00000000\t0\t0\t0\n' +
      'eth0\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n',
  );
  tree.text(
    '/proc/net/fib_trie',
    'Main:\n  |-- 198.51.100.7\n     /32 host LOCAL\n  |-- 127.0.0.1\n     /32 host LOCAL\n',
  );
  tree.text(
    '/proc/net/if_inet6',
    '20010db8000000aa000000000000beef 02 40 00 80     eth0\nfe80000000000000000000000000beef 02 40 20 80     eth0\n',
  );
  tree.text(
    '/proc/net/ipv6_route',
    `20010db8000000aa0000000000000000 40 ${ZERO} 00 ${ZERO} 00000100 00000001 00000000 00000001     eth0\n`,
  );
}

const HOST = buildHost({
  label: 'busy',
  iommu: 'dmar0',
  functions: [
    nvmeController('0000:02:00.0', { root: 'pci0000:02', group: 3, below: nvmeDrive(0, 'S00000001', 1000) }),
    gigabitNic('0000:00:19.0', { group: 4, below: networkInterface('eth0', '52:54:00:00:00:01') }),
  ],
  change: putUse,
});

function findings(host: HostReader): readonly string[] {
  const { devices } = readHost(host, SAFETY_FIELDS);
  return checkSafety(
    devices.map(({ address }) => address),
    {
      devices,
      groups: groupDevices(devices, (group) => readGroupAttributes(host, group)),
      use: readHostUse(host),
      live: readLiveUse(host),
      tellsResetMethods: true,
    },
  ).map(({ name, severity, subject, evidence }) => `${name} ${severity} ${subject} ${evidence.length}`);
}

const raw = captureHost(new SnapshotHost(HOST));
const replaced = replaceIdentifiers(raw);
const reread = (snapshot: Snapshot): HostReader =>
  new SnapshotHost(parseSnapshot(formatSnapshot(snapshot), 'x'));

describe('what a host uses', () => {
  it('is captured, without processes and the session', () => {
    const use = readHostUse(reread(raw));
    expect(use).toEqual(readHostUse(new SnapshotHost(HOST)));
    expect(knownValue(use.blocks)).toHaveLength(4);
    expect([...raw.entries.keys()].filter((path) => /^\/proc\/(\d|self\/(?!mountinfo))/.test(path))).toEqual(
      [],
    );
    expect(readLiveUse(reread(raw))).toMatchObject({ holders: [], unseen: { unknown: 'unread' } });
  });

  it('gives the same findings from the host, a snapshot, and one with stand-ins', () => {
    const live = findings(new SnapshotHost(HOST)).filter((line) => !/ unknown /.test(line));
    expect(live).toEqual([
      'net-address refuses 0000:00:19.0 2',
      'net-default-route refuses 0000:00:19.0 1',
      'mounted refuses 0000:02:00.0 3',
      'swap refuses 0000:02:00.0 1',
      'lvm refuses 0000:02:00.0 1',
    ]);
    const known = (snapshot: Snapshot) =>
      findings(reread(snapshot)).filter((line) => !/ unknown /.test(line));
    expect(known(raw)).toEqual(live);
    // The overlay is a container's, which no disk is known by.
    expect(known(replaced)).toEqual(live.map((line) => line.replace('0000:02:00.0 3', '0000:02:00.0 2')));
    expect(findings(reread(replaced))).toHaveLength(findings(reread(raw)).length);
  });

  it('has stand-ins for what tells whose it is', () => {
    const text = formatSnapshot(replaced);
    expect(SECRETS.filter((secret) => formatSnapshot(raw).includes(secret))).toEqual(SECRETS);
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
    expect(text).not.toContain('Kernel code');
    expect(text).toMatch(/^ {2}uuid = LVM-[0-9a-f]{32}$/m);
    expect(text).toMatch(/ \/home\/folder-[0-9a-f]{6} rw - ext4 \/dev\/mapper\/vg0-home rw$/m);
    expect(formatSnapshot(replaceIdentifiers(parseSnapshot(text, 'x')))).toBe(text);
  });

  it('stays hidden where it was', () => {
    const hidden = buildHost({
      label: 'hidden',
      functions: [],
      change: (tree) => {
        tree.text('/proc/iomem', '00000000-00000000 : System RAM\n  00000000-00000000 : efifb\n');
        tree.text('/proc/self/mountinfo', '1 what\n');
      },
    });
    const use = readHostUse(reread(replaceIdentifiers(captureHost(new SnapshotHost(hidden)))));
    expect([use.displayClaims, use.mounts]).toEqual([{ unknown: 'denied' }, { unknown: 'broken' }]);
  });
});

describe('storage of others', () => {
  const connection = '/sys/devices/platform/host6/session1/connection1:0/iscsi_connection/connection1:0';
  const host = buildHost({
    label: 'remote',
    functions: [],
    change: (tree) => {
      tree.attribute('/etc/machine-id', '0123456789abcdef0123456789abcdef');
      tree.linkTo(
        '/sys/class/block/sdb',
        '/sys/devices/platform/host6/session1/target6:0:0/6:0:0:1/block/sdb',
      );
      tree.attribute('/sys/devices/platform/host6/session1/target6:0:0/6:0:0:1/block/sdb/dev', '8:16');
      tree.attribute(`${connection}/address`, '198.51.100.7');
      tree.attribute(`${connection}/persistent_address`, '2001:db8:0:aa::beef');
      tree.text('/sys/devices/pci0000:00/0000:00:03.0/virtio0/mount_tag', 'wedding\0');
      tree.linkTo(
        '/sys/bus/virtio/drivers/9pnet_virtio/virtio0',
        '/sys/devices/pci0000:00/0000:00:03.0/virtio0',
      );
      tree.text('/etc/fstab', 'UUID=x /efi vfat noauto\n//files/alice /mnt/a cifs password=wedding\n');
      tree.text(
        '/proc/self/mountinfo',
        [
          '29 1 0:40 / / rw - nfs4 alice.example:/srv/wedding rw,clientaddr=198.51.100.7,addr=198.51.100.7',
          '30 1 0:41 / /mnt/wedding rw - 9p wedding rw,trans=virtio',
          '31 1 259:1 / /srv rw - xfs /dev/sdb rw,logdev=/dev/sdb1',
          '32 1 0:42 / /efi rw - autofs systemd-1 rw,fd=40',
          '',
        ].join('\n'),
      );
      tree.attribute('/sys/power/resume', '8:3');
    },
  });
  const captured = captureHost(new SnapshotHost(host));
  const hidden = formatSnapshot(replaceIdentifiers(captured));

  it('is captured, without passwords', () => {
    expect(readHostUse(reread(captured))).toEqual(readHostUse(new SnapshotHost(host)));
    expect(formatSnapshot(captured)).not.toContain('password');
  });

  it('has stand-ins that say the same', () => {
    const secrets = ['alice', 'wedding', '198.51.100.7', 'beef'];
    expect(secrets.filter((secret) => hidden.includes(secret))).toEqual([]);
    const use = readHostUse(new SnapshotHost(parseSnapshot(hidden, 'x')));
    const [root, share, xfs, automount] = knownValue(use.mounts) ?? [];
    const [disk] = knownValue(use.blocks) ?? [];
    expect(knownValue(disk?.remote ?? null)?.peers[0]).toBe(root?.remote?.peers[0]);
    expect(root?.remote).toMatchObject({ protocol: 'nfs4', own: root?.remote?.peers });
    expect(knownValue(use.shares)).toMatchObject([{ type: '9p', tag: share?.source }]);
    expect(xfs?.devices).toEqual(['/dev/sdb1']);
    expect(automount).toMatchObject({ type: 'autofs', point: '/efi' });
    expect(use.automounts).toEqual([{ point: '/efi', source: '/dev/disk/by-uuid/x' }]);
    expect(use.hibernation).toBe('8:3');
  });
});

describe('stand-ins for addresses', () => {
  // Not what the real one is made of, and as good as it for this.
  const redaction = new IpRedaction((value, length) =>
    [...value]
      .reduce((sum, each) => (sum * 31 + each.charCodeAt(0)) % 65521, 7)
      .toString(16)
      .padStart(length, '0')
      .slice(-length),
  );
  const bits = (address: string): string => ipv4Bits(address).toString(2).padStart(32, '0');
  const shared = (a: string, b: string): number => [...a, '!'].findIndex((bit, at) => bit !== b[at]);

  it('share as many bits as what they stand for', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), (a, b) => {
        expect(shared(bits(redaction.ipv4(a)), bits(redaction.ipv4(b)))).toBe(shared(bits(a), bits(b)));
      }),
    );
  });

  it.each(['127.0.0.1', '0.0.0.0', '169.254.1.2', '224.0.0.1', '255.255.255.255'])('%s stays', (address) => {
    expect(redaction.ipv4(address)).toBe(address);
  });

  it.each([
    ['10.1.2.3', /^10\./],
    ['192.168.7.9', /^192\.168\./],
    ['172.20.0.1', /^172\.(1[6-9]|2\d|3[01])\./],
  ])('%s stays private', (address, range) => {
    expect(redaction.ipv4(address)).toMatch(range);
    expect(redaction.ipv4(address)).not.toBe(address);
  });

  it('of networks have zeros behind them', () => {
    expect(redaction.ipv4('10.9.8.0', 24)).toMatch(/^10\.\d+\.\d+\.0$/);
    expect(redaction.ipv4('10.9.8.7').split('.').slice(0, 3)).toEqual(
      redaction.ipv4('10.9.8.0', 24).split('.').slice(0, 3),
    );
    expect(redaction.ipv6(`20010db8${'0'.repeat(24)}`, 32)).toMatch(/^[23][0-9a-f]{7}0{24}$/);
  });

  it('of IPv6 keep what is of a link, or of no machine', () => {
    expect(redaction.ipv6(`${'0'.repeat(31)}1`)).toBe(`${'0'.repeat(31)}1`);
    expect(redaction.ipv6(`ff02${'0'.repeat(28)}`)).toBe(`ff02${'0'.repeat(28)}`);
    expect(redaction.ipv6('fe80000000000000505400fffe123456')).toMatch(
      /^fe80000000000000(?!505400fffe123456)/,
    );
    expect(redaction.ipv6('fd000000000000000000000000000002')).toMatch(/^f[cd]/);
  });
});

describe('names of ports of adapters', () => {
  it('have stand-ins by which a target is still found on its adapter', () => {
    const at = '/sys/devices/pci0000:00/0000:00:19.0';
    const fc = '/sys/kernel/config/target/qla2xxx/21:00:00:24:ff:31:4c:48';
    const srp = '/sys/kernel/config/target/srpt/0xfe80000000000000e41d2d0300f29000';
    const snapshot = captureHost(
      new SnapshotHost(
        buildHost({
          label: 'targets',
          functions: [
            {
              ...gigabitNic('0000:00:19.0'),
              below: {
                'host7/fc_host/host7/port_name': '0x21000024ff314c48',
                'infiniband/mlx5_0/node_guid': 'e41d:2d03:00f2:9000',
              },
            },
          ],
          change: (tree) => {
            tree.attribute('/etc/machine-id', '0123456789abcdef0123456789abcdef');
            for (const port of [fc, srp]) tree.attribute(`${port}/tpgt_1/enable`, '1');
            tree.linkTo('/sys/class/fc_host/host7', `${at}/host7/fc_host/host7`);
            tree.linkTo('/sys/class/infiniband/mlx5_0', `${at}/infiniband/mlx5_0`);
          },
        }),
      ),
    );
    const replaced = replaceIdentifiers(snapshot);
    expect(formatSnapshot(replaced)).not.toMatch(/24:?ff:?31:?4c:?48|2d:?03:?00:?f2:?9000/i);
    expect(readHostUse(new SnapshotHost(replaced)).targetPorts).toMatchObject([
      { name: expect.stringMatching(/^qla2xxx 2/), function: '0000:00:19.0' },
      { name: expect.stringMatching(/^srpt 0xfe80000000000000e/), function: '0000:00:19.0' },
    ]);
  });
});
