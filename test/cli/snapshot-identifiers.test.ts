import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../lib/host/snapshot/snapshot.ts';
import { capability, extended } from '../support/config-bytes.ts';
import { buildHost } from '../support/host-builder.ts';
import { hostFile } from '../support/host-file.ts';
import { gigabitNic, hostBridge, nvmeController, rootPort } from '../support/hosts/functions.ts';
import { pciInside } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  display,
  fibreChannelPort,
  infinibandNode,
  networkInterface,
  nvmeDrive,
  sasHost,
  thunderboltDomain,
  virtioDisk,
} from '../support/things.ts';

const folder = temporaryFolder();

const MACS = ['a0:36:9f:12:34:56', 'a0:36:9f:12:34:57', '3c:ec:ef:aa:bb:cc'] as const;
const UUID = '3f2a9c1e-77aa-4b0e-9d31-0123456789ab';
const DRIVE = 'S5GXNX0T000042';
const PRODUCT = 'PROD1234567';
const SERIAL = 'a0-36-9f-ff-ff-12-34-56';
const PORT = '0x2100001b32abcdef';
const NODE = '0x2000001b32abcdef';
const SAS = '0x500605b0deadbee0';
const GUID = '0002:c903:00ab:cdef';
const ROUTER = 'd7030000-0082-8c18-23c4-b11c7ab4f821';
const SUBSYSTEM = 'nqn.2019-08.org.example:nvme:unit-424242';
const NAMESPACE = 'eui.0025385b71b0a0e1';
const DISK = 'VIRTIODISK7';
const GPU = '0123456789abcd42';
const HOST = 'galaxy';
const MACHINE = '0123456789abcdef0123456789abcdef';

/** Whatever tells this machine from others, in each form that it could be found in. */
const IDENTIFIERS: readonly string[] = [
  ...MACS.flatMap((mac) => [mac, mac.toUpperCase(), mac.replaceAll(':', ''), mac.replaceAll(':', '-')]),
  UUID,
  DRIVE,
  PRODUCT,
  SERIAL,
  // As the registers hold it, the last byte first.
  SERIAL.split('-').reverse().join(' '),
  ...[PORT, NODE, SAS, GUID, ROUTER, DISK, GPU],
  ...[PORT, NODE, SAS].map((name) => name.slice(2)),
  ...[SUBSYSTEM.split(':nvme:')[1] ?? '', NAMESPACE.slice(4)],
  Buffer.from(PRODUCT)
    .toString('hex')
    .replace(/..(?!$)/g, '$& '),
  HOST,
  MACHINE,
];

function host(machineId: string | null = MACHINE): Snapshot {
  return buildHost({
    label: HOST,
    hostName: HOST,
    iommu: 'dmar0',
    commandLine: `root=UUID=${UUID} rd.md.uuid=${UUID} ip=eth0:${MACS[2].toUpperCase()} BOOTIF=01-${MACS[1].replaceAll(':', '-')} ro`,
    functions: [
      hostBridge({ group: 0 }),
      rootPort('0000:00:01.0', 1, { group: 1 }),
      nvmeController('0000:01:00.0', { under: '0000:00:01.0', group: 2, below: nvmeDrive(0, DRIVE, 1000) }),
      gigabitNic('0000:00:19.0', {
        group: 3,
        capabilities: [capability.express({ type: 'endpoint' }), capability.productData()],
        extended: [extended.serialNumber(SERIAL)],
        vpd: productData(PRODUCT),
        below: networkInterface('enxa0369f123456', MACS[0]),
      }),
      ...NAMED.map(([address, classCode, driver, below], index) =>
        gigabitNic(address, { ids: `1af4:1${index}00`, classCode, driver, group: 10 + index, below }),
      ),
      gigabitNic('0000:00:1a.0', { group: 4, below: networkInterface('eth1', MACS[1]) }),
      gigabitNic('0000:00:1b.0', {
        group: 5,
        label: `Port ${MACS[2]}`,
        below: networkInterface('eth2', MACS[2]),
      }),
    ],
    change: (tree) => {
      if (machineId !== null) tree.attribute('/etc/machine-id', machineId);
    },
  });
}

/** What only a name tells from others of its kind. */
const NAMED: readonly (readonly [string, string, string, Readonly<Record<string, string>>])[] = [
  ['0000:00:02.0', '0c0400', 'qla2xxx', fibreChannelPort(0, PORT, NODE, '0x2101001b32abcdef')],
  ['0000:00:03.0', '010700', 'mpt3sas', sasHost(3, SAS, true)],
  ['0000:00:04.0', '020700', 'mlx5_core', infinibandNode('mlx5_0', GUID)],
  ['0000:00:05.0', '0c0340', 'thunderbolt', thunderboltDomain(0, ROUTER)],
  ['0000:00:06.0', '010802', 'nvme', { ...nvmeDrive(6, '', 8), 'nvme/nvme6/subsysnqn': SUBSYSTEM }],
  ['0000:00:07.0', '010802', 'nvme', { ...nvmeDrive(7, '', 8), 'nvme/nvme7/nvme7n1/wwid': NAMESPACE }],
  ['0000:00:08.0', '010000', 'virtio-pci', virtioDisk('vdz', DISK)],
  ['0000:00:09.0', '030000', 'amdgpu', { ...display(9, 'DP-1'), unique_id: GPU }],
];

/** An item of product data, with a serial number and an asset tag that is the same. */
function productData(serial: string): Uint8Array {
  const field = (key: string) => [...Buffer.from(key), serial.length, ...Buffer.from(serial)];
  const fields = [...field('SN'), ...field('V0')];
  return Uint8Array.from([0x82, 3, 0, ...Buffer.from('NIC'), 0x90, fields.length, 0, ...fields, 0x78]);
}

const file = hostFile(folder, 'host', host());
const snapshotOf = async (path: string, ...options: string[]) =>
  (await pciInside(['snapshot', '--host', path, ...options])).stdout;
const raw = await snapshotOf(file, '--raw');
const replaced = await snapshotOf(file);
const found = (text: string) => IDENTIFIERS.filter((each) => text.toLowerCase().includes(each.toLowerCase()));

describe('identifiers in a snapshot', () => {
  it('are kept with --raw', () => {
    expect(raw).toContain('\nidentifiers: raw\n');
    const names = [PORT, NODE, SAS, GUID, ROUTER, DISK, GPU, NAMESPACE.slice(4), 'unit-424242'];
    const forms = [MACS[0], 'a0369f123456', UUID, DRIVE, HOST, MACHINE, ...names];
    expect(found(raw)).toEqual(expect.arrayContaining(forms));
  });

  it('are replaced otherwise, wherever they stand', () => {
    expect(replaced).toContain('\nidentifiers: replaced\n');
    expect(found(replaced)).toEqual([]);
  });

  it('are replaced in what the commands say of it', async () => {
    const path = hostFile(folder, 'replaced', host());
    expect(await pciInside(['snapshot', '--host', file, '--overwrite', '-o', path])).toMatchObject({
      exitCode: 0,
    });
    for (const args of [['list'], ['list', '--json'], ['groups', '--json'], ['tree']]) {
      expect(found((await pciInside([...args, '--host', path])).stdout)).toEqual([]);
    }
    for (const address of ['01:00.0', '00:19.0', '00:1b.0']) {
      const { stdout } = await pciInside(['show', address, '--host', path, '--json']);
      expect(found(stdout)).toEqual([]);
    }
  });

  it('become what such a thing looks like', () => {
    expect(replaced).toMatch(/^host: host-[0-9a-f]{6}$/m);
    expect(replaced).toMatch(/^ {2}hostname = host-[0-9a-f]{6}$/m);
    expect(replaced.match(/^ {2}address = 02(?::[0-9a-f]{2}){5}$/gm)).toHaveLength(3);
    expect(replaced).toMatch(/root=UUID=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) rd\.md\.uuid=\1 /);
    expect(replaced).toMatch(/ BOOTIF=01-02(?:-[0-9a-f]{2}){5} ro$/m);
    expect(replaced).toMatch(/^ {2}serial = [0-9A-F]{14} *$/m);
    expect(replaced).toMatch(/^ {2}enx02[0-9a-f]{10}$/m);
    expect(replaced).toMatch(/^ {2}port_name = 0x[0-9a-f]{16}$/m);
    expect(replaced).toMatch(/^ {2}host_sas_address = 0x[0-9a-f]{16}$/m);
    expect(replaced).toMatch(/^ {2}node_guid = ([0-9a-f]{4}:){3}[0-9a-f]{4}$/m);
    expect(replaced).toMatch(/^ {2}unique_id = [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/m);
    expect(replaced).toMatch(/^ {2}subsysnqn = nqn\.2019-08\.org\.example:[0-9A-F]{16}$/m);
    expect(replaced).toMatch(/^ {2}wwid = eui\.[0-9a-f]{16}$/m);
    expect(replaced).toMatch(/^ {2}model = Example NVMe/m);
  });

  it('become the same in another snapshot of the machine, and another on another machine', async () => {
    expect(await snapshotOf(file)).toBe(replaced);
    expect(await snapshotOf(hostFile(folder, 'again', host()))).toBe(replaced);
    const macs = (text: string): readonly string[] => text.match(/^ {2}address = 02.*$/gm) ?? [];
    const other = await snapshotOf(hostFile(folder, 'other', host('f'.repeat(32))));
    expect(macs(other)).toHaveLength(3);
    expect(macs(other).filter((line) => macs(replaced).includes(line))).toEqual([]);
    const without = await snapshotOf(hostFile(folder, 'without', host(null)));
    expect(found(without)).toEqual([]);
  });

  it.each([
    ['raw and replaced', ['--raw'], []],
    ['replaced and raw', [], ['--raw']],
    ['replaced and replaced', [], []],
    ['raw and raw', ['--raw'], ['--raw']],
  ])('make no difference between %s', async (name, one, two) => {
    const sides = [`${folder}/${name}-1`, `${folder}/${name}-2`] as const;
    await pciInside(['snapshot', '--host', file, '-o', sides[0], ...one]);
    await pciInside(['snapshot', '--host', file, '-o', sides[1], ...two]);
    const { exitCode, stdout } = await pciInside(['diff', ...sides, '--json']);
    expect({ exitCode, differences: (JSON.parse(stdout) as { differences: unknown }).differences }).toEqual({
      exitCode: 0,
      differences: [],
    });
  });

  it('find a device again that moved', async () => {
    const moved = buildHost({
      label: HOST,
      functions: [
        rootPort('0000:00:06.0', 2),
        nvmeController('0000:02:00.0', { under: '0000:00:06.0', below: nvmeDrive(0, DRIVE, 1000) }),
      ],
      change: (tree) => tree.attribute('/etc/machine-id', MACHINE),
    });
    const before = `${folder}/before`;
    await pciInside(['snapshot', '--host', file, '-o', before]);
    const { stdout } = await pciInside(['diff', before, hostFile(folder, 'moved', moved), '--json']);
    const kinds = (JSON.parse(stdout).differences as { kind: string; after: { address: string } }[])
      .filter(({ kind }) => kind === 'moved')
      .map(({ after }) => after.address);
    expect(kinds).toEqual(['0000:02:00.0']);
  });
});
