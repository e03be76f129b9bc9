import { describe, expect, it } from 'vitest';
import { UNREAD } from '../../../lib/base/known.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { readConnections } from '../../../lib/sysfs/host-use/network/connections.ts';
import { readInterfaces } from '../../../lib/sysfs/host-use/network/interfaces.ts';
import { readRdmaUsers } from '../../../lib/sysfs/host-use/network/rdma-users.ts';
import { readSockets } from '../../../lib/sysfs/host-use/network/socket-table.ts';
import { HostTree } from '../../support/host-tree.ts';

function host(put: (tree: HostTree) => void, answers: Readonly<Record<string, string>> = {}): HostReader {
  const tree = new HostTree();
  for (const path of ['/sys', '/proc/net']) tree.directory(path);
  put(tree);
  const reader: HostReader = new SnapshotHost(tree.snapshot('users'));
  reader.ask = (program, args) => answers[`${program} ${args.join(' ')}`] ?? null;
  return reader;
}

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const line = (local: string, peer: string, state: string, inode: number) =>
  `   0: ${local} ${peer} ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 20 4 30 10 -1\n`;
const MAPPED = '0000000000000000FFFF00000500000A';

describe('tables of sockets', () => {
  it('have addresses of both families', () => {
    const reader = host((tree) =>
      tree.text(
        '/proc/net/tcp6',
        HEAD +
          line(`${MAPPED}:0016`, `${MAPPED}:C3CA`, '01', 5) +
          line('B80D0120000000000000000005000000:0016', `${'0'.repeat(32)}:0000`, '0A', 6),
      ),
    );
    expect(readSockets(reader, ['/proc/net/tcp6'])).toEqual([
      { local: '10.0.0.5', localPort: 22, peer: '10.0.0.5', state: 1, inode: 5 },
      { local: '2001:db8::5', localPort: 22, peer: '::', state: 10, inode: 6 },
    ]);
  });
});

describe('connections', () => {
  const of = (command: string | null, port: string) => {
    const reader = host((tree) => {
      const table =
        HEAD +
        line(`00000000:${port}`, '00000000:0000', '0A', 4) +
        line(`0500000A:${port}`, '070200C0:C3CA', '01', 5) +
        // With itself, and one that is being closed.
        line(`0100007F:${port}`, '0100007F:C3CA', '01', 6) +
        line(`0500000A:${port}`, '080200C0:C3CA', '06', 0);
      tree.text('/proc/net/tcp', table);
      if (command !== null) tree.attribute('/proc/640/comm', command);
    });
    return readConnections(reader, new Map(command === null ? [] : [[5, 640]]));
  };

  it.each([
    ['sshd-session', '08AE', true],
    ['dropbear', '0016', true],
    ['x11vnc', '170C', true],
    ['nginx', '01BB', false],
    ['nginx', '0016', false],
  ])('of %s at port %s are logins, or are not', (command, port, isLogin) => {
    expect(of(command, port)).toEqual([
      { local: '10.0.0.5', peer: '192.0.2.7', owner: `${command} (pid 640)`, pid: 640, isLogin },
    ]);
  });

  it('of an unknown program are logins by the port', () => {
    expect(of(null, '0016')).toMatchObject([{ owner: 'a program at port 22', pid: null, isLogin: true }]);
    expect(of(null, '01BB')).toMatchObject([{ isLogin: false }]);
  });

  it('to another host are no logins', () => {
    const reader = host((tree) => {
      tree.text('/proc/net/tcp', HEAD + line('0500000A:C3CA', '070200C0:0016', '01', 5));
      tree.attribute('/proc/640/comm', 'sshd-session');
    });
    expect(readConnections(reader, new Map([[5, 640]]))).toMatchObject([{ isLogin: false }]);
  });
});

describe('sockets of AF_XDP', () => {
  const users = (answers: Readonly<Record<string, string>>) => {
    const all = readInterfaces(
      host((tree) => {
        tree.text('/proc/net/protocols', 'protocol  size sockets\nXDP        960      1      -1   NI\n');
        for (const name of ['eth0', 'eth1']) {
          tree.attribute(`/sys/devices/virtual/net/${name}/flags`, '0x1003');
          tree.linkTo(`/sys/class/net/${name}`, `/sys/devices/virtual/net/${name}`);
        }
      }, answers),
    );
    return Array.isArray(all) ? all.map((each: { readonly users: unknown }) => each.users) : all;
  };

  it('are where ss says, or are not known to be nowhere', () => {
    const told = 'UNCONN 0      0      eth1:q0      *     \n';
    expect(users({ 'ss --no-header --all --numeric --xdp': told })).toEqual([[], ['a socket of AF_XDP']]);
    expect(users({})).toEqual([UNREAD, UNREAD]);
  });
});

describe('users of RDMA', () => {
  const put = (tree: HostTree) => tree.attribute('/sys/module/nvme_rdma/refcnt', '2');
  const ask = 'rdma -json resource show qp';

  it('are on the devices that the kernel tells, or on any', () => {
    const rows = [
      { ifname: 'mlx5_0', lqpn: 1, type: 'GSI', comm: 'ib_core' },
      { ifname: 'mlx5_1', lqpn: 12, type: 'RC', state: 'RTS', comm: 'nvme_rdma' },
    ];
    expect(readRdmaUsers(host(put, { [ask]: JSON.stringify(rows) }))).toEqual([
      { device: 'mlx5_1', user: 'nvme_rdma' },
    ]);
    expect(readRdmaUsers(host(put, { [ask]: 'nonsense' }))).toEqual([{ device: null, user: 'nvme_rdma' }]);
    expect(readRdmaUsers(host(put))).toEqual([{ device: null, user: 'nvme_rdma' }]);
  });

  it('are none if no module is in use', () => {
    expect(readRdmaUsers(host((tree) => tree.attribute('/sys/module/rpcrdma/refcnt', '0')))).toEqual([]);
  });
});
