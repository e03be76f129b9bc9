import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostPorts } from '../../lib/host/host-ports.ts';
import type { FileStatus, HostReader, Reading } from '../../lib/host/host-reader.ts';
import type { Run } from '../../lib/host/runner.ts';
import { bridgeNameOf } from '../../lib/machines/network/network-name.ts';
import { openSession } from '../../lib/operations/open-session.ts';
import { idleHost } from '../support/idle-host.ts';
import { type MachineProject, machineProject } from '../support/machine-project.ts';
import { stateOf } from '../support/simulated-changes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ABOVE = temporaryFolder();
const TCP =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
/** A program listens on 127.0.0.1:5901. */
const TABLE = `${TCP}   0: 0100007F:170D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20512 1\n`;
const CONSOLE = '/run/portal-gun/machines/r0/console';
const graphics = (attributes: string) => `<devices><graphics type='vnc' ${attributes}/></devices>`;
const VIRTIOFS = 'shares: [{ name: data, source: data, driver: virtiofs }]';

/** What the host of a case has. */
interface Setup {
  readonly files?: Readonly<Record<string, string>>;
  readonly xml?: string;
  readonly networks?: Readonly<Record<string, string>>;
  /** Paths that exist, apart from files. */
  readonly exists?: readonly string[];
}

function setUp(yaml: string, { files = {}, xml, networks = {}, exists = [] }: Setup): MachineProject {
  const project = machineProject(ABOVE, idleHost([]));
  project.write('r0/machine.yaml', `category: router\n${yaml}\n`);
  if (xml !== undefined) project.write('r0/xml/a.xml', xml);
  mkdirSync(join(project.root, 'machines/r0/data'), { recursive: true });
  for (const [path, text] of Object.entries(files)) project.machine.files.files.set(path, text);
  for (const path of exists) project.machine.files.files.set(path, '');
  for (const [name, text] of Object.entries(networks)) {
    project.machine.libvirt.networks.networks.set(name, { xml: text, active: false, autostart: false });
  }
  return project;
}

describe('a machine that cannot start is named before libvirt does', () => {
  it.each<readonly [string, string, Setup, string]>([
    [
      'a socket on which another program listens',
      '',
      {
        files: {
          '/proc/net/unix': `Num RefCount Protocol Flags Type St Inode Path\n0: 00000002 00000000 00010000 0001 01 7 ${CONSOLE}\n`,
          [CONSOLE]: '',
        },
      },
      `another program listens on the socket of its serial: ${CONSOLE}`,
    ],
    [
      'a VNC port on which another program listens',
      '',
      { files: { '/proc/net/tcp': TABLE }, xml: graphics("port='5901'") },
      'another program listens on the TCP port of its graphics: 5901',
    ],
    [
      'the port of a TCP console',
      '',
      {
        files: { '/proc/net/tcp': TABLE },
        xml: "<devices><serial type='tcp'><source mode='bind' host='0.0.0.0' service='5901'/><target port='1'/></serial></devices>",
      },
      'another program listens on the TCP port of its serial: 5901',
    ],
    [
      'a path of a socket that is too long',
      '',
      {
        xml: `<devices><serial type='unix'><source mode='bind' path='/run/${'a'.repeat(110)}'/><target port='1'/></serial></devices>`,
      },
      'the path of its serial is longer than 107 bytes',
    ],
    [
      'a network of that name that portal did not create',
      'nics: [{ network: isolated/lan }]',
      { networks: { 'isolated-lan': '<network><name>isolated-lan</name></network>' } },
      'the network isolated-lan of libvirt is not one that portal created',
    ],
    [
      'a bridge of another network',
      'nics: [{ network: isolated/lan }]',
      {
        networks: {
          other: `<network><name>other</name><bridge name='${bridgeNameOf('isolated-lan')}'/></network>`,
        },
      },
      'the network other of libvirt has the bridge pg-lan that isolated/lan needs',
    ],
    [
      'a bridge that the host already has',
      'nics: [{ network: isolated/lan }]',
      { exists: ['/sys/class/net/pg-lan/bridge'] },
      'the host already has an interface pg-lan, the bridge that isolated/lan needs',
    ],
    [
      'a network interface in place of a bridge',
      'nics: [{ bridge: eth7 }]',
      { exists: ['/sys/class/net/eth7/mtu'] },
      'eth7 is a network interface, and not a bridge',
    ],
    ['virtiofs without its program', VIRTIOFS, {}, 'shares data by virtiofs, and virtiofsd is not installed'],
    [
      'virtiofs with memory that is not shared',
      VIRTIOFS,
      { xml: "<memoryBacking><access mode='private'/></memoryBacking>" },
      'shares data by virtiofs, and its memory is not shared with the host',
    ],
    ['KVM without its node', 'accelerator: kvm', {}, 'needs KVM, and the host has no /dev/kvm'],
    [
      'KVM that runs nothing',
      'accelerator: kvm',
      { exists: ['/dev/kvm'], files: { '/run/portal-gun/kvm-result': 'qemu' } },
      'needs KVM, and /dev/kvm of the host runs no VM',
    ],
    [
      'huge pages that are not free',
      'memory: { size: 64MiB, hugepages: yes }',
      { files: { '/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages': '8\n' } },
      'needs 32 huge pages of 2 MiB, and 8 are free',
    ],
  ])('%s', async (_, yaml, setup, message) => {
    const { machine, session } = setUp(yaml, setup);
    const [host, before] = [await session(), stateOf(machine)];
    await expect(host.machines.up()).rejects.toMatchObject({
      code: 'CANNOT_START',
      subject: 'r0',
      message: expect.stringContaining(message),
    });
    expect(stateOf(machine)).toBe(before);
  });

  it.each<readonly [string, string, Setup]>([
    [
      'a port of another address',
      '',
      { files: { '/proc/net/tcp': TABLE }, xml: graphics("port='5901' listen='10.0.0.1'") },
    ],
    [
      'a port that libvirt chooses',
      '',
      { files: { '/proc/net/tcp': TABLE }, xml: graphics("port='-1' autoport='yes'") },
    ],
    [
      'a socket of another mount namespace',
      '',
      {
        files: { '/proc/net/unix': `Num\n0: 00000002 00000000 00010000 0001 01 7 ${CONSOLE}\n` },
      },
    ],
    ['a socket file that no program has open', '', { files: { [CONSOLE]: '' } }],
    ['virtiofs with its program', VIRTIOFS, { exists: ['/usr/libexec/virtiofsd'] }],
    [
      'KVM that works',
      'accelerator: kvm',
      { exists: ['/dev/kvm'], files: { '/run/portal-gun/kvm-result': 'kvm' } },
    ],
  ])('and one that can is not: %s', async (_, yaml, setup) => {
    const { session } = setUp(yaml, setup);
    const { notes } = await (await session()).machines.up();
    expect(notes).toEqual([]);
  });

  it('two machines that listen on the same port', async () => {
    const project = setUp('', { xml: graphics("port='5999'") });
    project.write('s0/machine.yaml', 'category: router\n');
    project.write('s0/xml/a.xml', graphics("port='5999'"));
    await expect((await project.session()).machines.up()).rejects.toMatchObject({
      subject: 's0',
      message: 'the TCP port of its graphics is also that of r0: 5999',
    });
  });
});

const USERS = 'root:x:0:0::/root:/bin/sh\nlibvirt-qemu:x:64055:108::/var/lib/libvirt:/bin/false\n';
const OPEN = 0o755;
const done = (exitCode: number, stderr = ''): Run => ({ kind: 'exited', exitCode, stdout: '', stderr });

interface Access {
  /** The mode of the directory of the project. */
  readonly mode: number;
  /** The answer of the kernel to a question of the user. */
  readonly answer?: Run;
  readonly isRoot?: boolean;
  readonly files?: Readonly<Record<string, string>>;
  readonly yaml?: string;
}

/** Proposes to start a machine with a share in a directory of a project that has a mode. */
async function notesOf({ mode, answer = { kind: 'missing' }, isRoot = true, files = {}, yaml }: Access) {
  const { root, ports } = setUp(yaml ?? 'shares: [{ name: data, source: data }]', {
    files: { '/etc/passwd': USERS, '/etc/group': 'kvm:x:108:\n', ...files },
  });
  const asked: string[] = [];
  const status = (path: string): Reading<FileStatus> => {
    const found = ports.reader.status(path);
    const known = { kind: 'directory', mode: OPEN, userId: 0, groupId: 0 } as const;
    if (path === root) return { ...known, mode };
    return `${root}/`.startsWith(`${path}/`) || path.startsWith(`${root}/machines`) || found === null
      ? known
      : found;
  };
  const changed: HostPorts = {
    ...ports,
    user: { ...ports.user, isRoot },
    reader: new Proxy(ports.reader, {
      get: (target, key: keyof HostReader) => (key === 'status' ? status : target[key]),
    }),
    runner: {
      ...ports.runner,
      async run(program, args, options) {
        if (program !== 'setpriv') return ports.runner.run(program, args, options);
        asked.push(args.join(' ').replaceAll(root, 'ROOT'));
        return answer;
      },
    },
  };
  const session = await openSession({ pciIds: 'bundled', project: root }, changed);
  const { notes } = await session.machines.up();
  return { asked, notes: notes.map((note) => note.replaceAll(root, 'ROOT')), root };
}

describe('the user that runs QEMU', () => {
  it('can use everything if the modes permit it, without a question', async () => {
    expect(await notesOf({ mode: OPEN })).toMatchObject({ asked: [], notes: [] });
  });

  it('is asked if a mode does not permit it, because a list of permissions can', async () => {
    expect(await notesOf({ mode: 0o700, answer: done(0) })).toMatchObject({
      asked: ['--reuid=64055 --regid=108 --init-groups -- test -x ROOT'],
      notes: [],
    });
  });

  it('that cannot enter a directory above a share is named', async () => {
    await expect(notesOf({ mode: 0o700, answer: done(1) })).rejects.toMatchObject({
      code: 'CANNOT_START',
      subject: 'r0',
      message: expect.stringMatching(
        /^user libvirt-qemu \(runs QEMU\) cannot enter (\S+), and needs the directory of its share data: \1\/machines\/r0\/data$/,
      ),
      hint: expect.stringContaining('setfacl -m u:libvirt-qemu:x'),
    });
  });

  it('that cannot write a share is named', async () => {
    const yaml = 'shares: [{ name: data, source: data, mode: rw }]';
    await expect(notesOf({ mode: OPEN, answer: done(1), yaml })).rejects.toMatchObject({
      message: expect.stringContaining('user libvirt-qemu (runs QEMU) cannot write '),
      hint: expect.stringContaining('setfacl -m u:libvirt-qemu:rwx'),
    });
  });

  it.each<readonly [string, Partial<Access>]>([
    ['without root', { isRoot: false }],
    ['without the program that asks', {}],
    ['if that program fails', { answer: done(1, 'setpriv: initgroups failed') }],
  ])('is unknown %s', async (_, more) => {
    expect((await notesOf({ mode: 0o700, ...more })).notes).toEqual([
      'r0: cannot tell whether user libvirt-qemu (runs QEMU) can use ROOT',
    ]);
  });

  it.each([
    ['the user of qemu.conf is root', { '/etc/libvirt/qemu.conf': 'user = "root"\n' }, []],
    [
      'the user of qemu.conf is another',
      {
        '/etc/libvirt/qemu.conf': 'user = "vm"\n',
        '/etc/passwd': `${USERS}vm:x:1000:1000::/home/vm:/bin/sh\n`,
      },
      ['r0: cannot tell whether user vm (runs QEMU) can use ROOT'],
    ],
  ])('is that of the settings: %s', async (_, files, notes) => {
    expect((await notesOf({ mode: 0o700, files })).notes).toEqual(notes);
  });

  it.each([
    [
      'Y\n',
      {},
      ['r0: AppArmor confines VMs; whether it permits ROOT/machines/r0/data is not known before the start'],
    ],
    ['Y\n', { '/etc/libvirt/qemu.conf': 'security_driver = "none"\n' }, []],
    ['N\n', {}, []],
  ])('may be confined: AppArmor %j, %j', async (apparmor, more, notes) => {
    const files = { '/sys/module/apparmor/parameters/enabled': apparmor, ...more };
    expect((await notesOf({ mode: OPEN, files })).notes).toEqual(notes);
  });

  it('does not open a share by virtiofs, whose program runs as root', async () => {
    const yaml = VIRTIOFS;
    const files = { '/usr/libexec/virtiofsd': '' };
    expect(await notesOf({ mode: 0o700, answer: done(1), yaml, files })).toMatchObject({
      asked: [],
      notes: [],
    });
  });
});
