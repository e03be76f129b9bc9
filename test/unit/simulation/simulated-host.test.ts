import { describe, expect, it } from 'vitest';
import { knownValue } from '../../../lib/base/known.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { formatSnapshot } from '../../../lib/host/snapshot/snapshot-text.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import { SimulatedHost } from '../../../lib/simulation/simulated-host.ts';
import { captureHost } from '../../../lib/sysfs/capture.ts';
import { FIXTURE_HOSTS, MADE_FIXTURES, type MadeFixture } from '../../support/fixture-hosts.ts';
import { buildHost } from '../../support/host-builder.ts';
import type { FunctionSpec, HostSpec } from '../../support/host-spec.ts';
import { gigabitNic, hostBridge, nvmeController, rootPort } from '../../support/hosts/functions.ts';
import { readHost } from '../../support/reading.ts';

const BUS = '/sys/bus/pci';
const simulate = (name: MadeFixture): SimulatedHost =>
  new SimulatedHost(new SnapshotHost(FIXTURE_HOSTS[name]()));
const build = (spec: Omit<HostSpec, 'label'>): SimulatedHost =>
  new SimulatedHost(new SnapshotHost(buildHost({ label: 'built', ...spec })));

function deviceOf(host: SimulatedHost, address: string): PciDevice | undefined {
  return readHost(host).devices.find((device) => device.address === address);
}

const driverOf = (host: SimulatedHost, address: string) => deviceOf(host, address)?.driver;
const groupOf = (host: SimulatedHost, address: string) => deviceOf(host, address)?.iommuGroup;
const GAP = { code: 'NOT_SIMULATED' };

describe('a simulated host that nothing was written to', () => {
  it.each(MADE_FIXTURES.filter((name) => name !== 'no-pci'))('%s reads as it was captured', (name) => {
    const captured = new SnapshotHost(FIXTURE_HOSTS[name]());
    expect(readHost(new SimulatedHost(captured))).toEqual(readHost(captured));
    const again = formatSnapshot(captureHost(new SimulatedHost(captured)));
    expect(again).toBe(formatSnapshot(captureHost(captured)));
  });

  it('needs a PCI bus', () => {
    expect(() => simulate('no-pci')).toThrow(expect.objectContaining(GAP));
  });

  it('can itself be the ground of another', async () => {
    const first = simulate('shared-group');
    await first.write(`${BUS}/drivers/e1000e/unbind`, '0000:01:00.0');
    const second = new SimulatedHost(first);
    expect(driverOf(second, '0000:01:00.0')).toBeNull();
    expect(await second.write(`${BUS}/drivers/e1000e/bind`, '0000:01:00.0')).toEqual({ failed: 'ENODEV' });
  });
});

describe('drivers', () => {
  it('come back to what they made, as it was captured', async () => {
    const host = simulate('gpu-desktop');
    const before = readHost(host);
    const nvme = before.devices.find((device) => device.driver === 'nvme')?.address ?? '';
    expect(await host.write(`${BUS}/drivers/nvme/unbind`, nvme)).toBe('written');
    const without = deviceOf(host, nvme);
    expect(without).toMatchObject({ driver: null, blockDevices: [], attachments: [] });
    expect(await host.write(`${BUS}/drivers_probe`, nvme)).toBe('written');
    const after = deviceOf(host, nvme);
    const { powerState: _, ...rest } = before.devices.find(({ address }) => address === nvme) as PciDevice;
    expect(after).toMatchObject(rest);
    // What it is in now, no capture can tell.
    expect(after?.powerState).toEqual({ unknown: 'unread' });
  });

  it('are found by the aliases of their modules, where the device had another', async () => {
    const drivers = { 'igb/module': 'igb', 'e1000e/module': 'e1000e' };
    const host = build({
      aliases: [
        'alias pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e',
        'alias pci:v00008086d*sv*sd*bc*sc*i* igb',
      ],
      functions: [gigabitNic('0000:00:03.0', { driver: 'vfio-pci', driverOverride: 'vfio-pci', group: 1 })],
      change: (tree) => {
        for (const [path, module] of Object.entries(drivers))
          tree.link(`${BUS}/drivers/${path}`, `../../../../module/${module}`);
      },
    });
    await host.write(`${BUS}/devices/0000:00:03.0/driver_override`, '\n');
    await host.write(`${BUS}/drivers/vfio-pci/unbind`, '0000:00:03.0');
    // Both match, and which is asked first is nowhere in sysfs.
    await expect(host.write(`${BUS}/drivers_probe`, '0000:00:03.0')).rejects.toMatchObject(GAP);
    expect(await host.write(`${BUS}/drivers/igb/bind`, '0000:00:03.0')).toBe('written');
    expect(driverOf(host, '0000:00:03.0')).toBe('igb');
    expect(deviceOf(host, '0000:00:03.0')?.netInterfaces).toEqual(['eth0']);
  });

  it('are not taken to want a device that is not theirs', async () => {
    const host = build({ functions: [gigabitNic('0000:00:03.0'), nvmeController('0000:00:04.0')] });
    await host.write(`${BUS}/devices/0000:00:03.0/driver_override`, 'nvme');
    await host.write(`${BUS}/drivers/e1000e/unbind`, '0000:00:03.0');
    await expect(host.write(`${BUS}/drivers_probe`, '0000:00:03.0')).rejects.toMatchObject(GAP);
  });

  it('that are not in the snapshot are not known to be missing', async () => {
    const captured = FIXTURE_HOSTS['shared-group']();
    const entries = new Map([...captured.entries].filter(([path]) => !path.startsWith(`${BUS}/drivers`)));
    const host = new SimulatedHost(new SnapshotHost({ ...captured, entries }));
    await expect(host.write(`${BUS}/drivers/igb/bind`, '0000:01:00.0')).rejects.toMatchObject(GAP);
    expect(await host.write(`${BUS}/drivers/e1000e/unbind`, '0000:01:00.0')).toBe('written');
    expect(driverOf(host, '0000:01:00.0')).toBeNull();
  });

  it('that vfio has no group for are refused', async () => {
    const host = simulate('no-iommu');
    const device = readHost(host).devices.find(({ driver }) => driver !== null && driver !== 'pcieport');
    const address = device?.address as PciAddress;
    host.loadDriver('vfio-pci');
    await host.write(`${BUS}/devices/${address}/driver/unbind`, address);
    await host.write(`${BUS}/devices/${address}/driver_override`, 'vfio-pci');
    expect(await host.write(`${BUS}/drivers/vfio-pci/bind`, address)).toEqual({ failed: 'EINVAL' });
    expect(host.hold([address])).toBeNull();
  });
});

describe('virtual functions', () => {
  const NUMBER = `${BUS}/devices/0000:03:00.0/sriov_numvfs`;

  it('that were captured come back as they were, on the bus that they were on', async () => {
    const host = simulate('sixty-four-vfs');
    const before = deviceOf(host, '0000:04:17.6');
    expect(before?.sriov).toMatchObject({ role: 'vf', physicalFunction: '0000:03:00.0' });
    expect(await host.write(NUMBER, '0')).toBe('written');
    expect(readHost(host)).toMatchObject({ devices: { length: 2 }, diagnostics: [] });
    expect(await host.write(NUMBER, '65')).toEqual({ failed: 'ERANGE' });
    expect(await host.write(NUMBER, '64')).toBe('written');
    const after = readHost(host);
    expect(after.diagnostics).toEqual([]);
    expect(after.devices).toHaveLength(66);
    expect(after.devices.find(({ address }) => address === before?.address)?.config).toEqual(before?.config);
    // All were free to find their driver this time.
    expect(new Set(after.devices.slice(2).map(({ driver }) => driver))).toEqual(new Set(['iavf']));
  });

  it('have what the kernel gives them from their PF', async () => {
    const [port, pf] = [rootPort('0000:00:01.0', 3, { group: 1 }), sriovNic('0000:03:00.0', { group: 2 })];
    const host = build({ iommu: 'dmar0', functions: [port, pf] });
    expect(await host.write(NUMBER, '3')).toBe('written');
    const { devices, diagnostics } = readHost(host);
    expect(diagnostics).toEqual([]);
    expect(devices.map(({ address }) => address).slice(2)).toEqual([
      '0000:03:10.0',
      '0000:03:10.2',
      '0000:03:10.4',
    ]);
    expect(devices[4]).toMatchObject({
      vendor: { id: '8086' },
      device: { id: '10ca' },
      class: { code: '020000' },
      driver: null,
      iommuGroup: 4,
      bars: { unknown: 'unread' },
      sriov: { role: 'vf', physicalFunction: '0000:03:00.0', index: 2 },
      resetMethods: ['flr'],
    });
    expect(host.readText('/sys/kernel/iommu_groups/4/type')).toBe('DMA-FQ\n');
  });

  it('share the group of their PF where the bridge above is in it', async () => {
    const [port, pf] = [rootPort('0000:00:01.0', 3, { group: 1 }), sriovNic('0000:03:00.0', { group: 1 })];
    const host = build({ iommu: 'dmar0', functions: [port, pf] });
    await host.write(NUMBER, '1');
    expect(groupOf(host, '0000:03:10.0')).toBe(1);
  });

  it('have no group where their PF has none', async () => {
    const host = build({ functions: [rootPort('0000:00:01.0', 3), sriovNic('0000:03:00.0')] });
    await host.write(NUMBER, '1');
    expect(groupOf(host, '0000:03:10.0')).toBeNull();
  });

  it('find the driver that is for them by what was captured before there was any', async () => {
    const drivers = ['igb', 'igbvf'];
    const host = buildHost({
      label: 'built',
      aliases: [
        'alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb',
        'alias pci:v00008086d000010CAsv*sd*bc*sc*i* igbvf',
        'alias pci:v00008086d000010CBsv*sd*bc*sc*i* other',
      ],
      functions: [rootPort('0000:00:01.0', 3), sriovNic('0000:03:00.0')],
      change: (tree) => {
        for (const name of drivers) tree.link(`${BUS}/drivers/${name}/module`, `../../../../module/${name}`);
      },
    });
    const captured = captureHost(new SnapshotHost(host));
    expect(formatSnapshot(captured)).toContain('10CAsv');
    expect(formatSnapshot(captured)).not.toContain('10CBsv');
    const simulated = new SimulatedHost(new SnapshotHost(captured));
    expect(await simulated.write(NUMBER, '1')).toBe('written');
    expect(driverOf(simulated, '0000:03:10.0')).toBe('igbvf');
  });

  it('of a driver that is not known to set them up are not made up', async () => {
    const pf = sriovNic('0000:03:00.0', { driver: 'mystery' });
    const host = build({ functions: [rootPort('0000:00:01.0', 3), pf] });
    await expect(host.write(NUMBER, '1')).rejects.toMatchObject(GAP);
    expect(await host.write(NUMBER, '8')).toEqual({ failed: 'ERANGE' });
  });

  it('that a removed PF would leave behind are not simulated', async () => {
    const host = build({
      functions: [rootPort('0000:00:01.0', 3), sriovNic('0000:03:00.0', { driver: 'nvme' })],
    });
    await host.write(NUMBER, '1');
    await expect(host.write(`${BUS}/devices/0000:03:00.0/remove`, '1')).rejects.toMatchObject(GAP);
  });

  it('go with the bridge above them', async () => {
    const host = simulate('sixty-four-vfs');
    expect(await host.write(`${BUS}/devices/0000:00:03.0/remove`, '1')).toBe('written');
    expect(readHost(host)).toMatchObject({ devices: { length: 0 }, diagnostics: [] });
    expect(await host.write(`${BUS}/rescan`, '1')).toBe('written');
    const { devices, diagnostics } = readHost(host);
    expect([devices.map(({ address }) => address), diagnostics]).toEqual([
      ['0000:00:03.0', '0000:03:00.0'],
      [],
    ]);
    expect(devices[1]).toMatchObject({ driver: 'i40e', iommuGroup: 1, sriov: { virtualFunctions: [] } });
  });
});

describe('groups', () => {
  it('come with a driver on a virtio-iommu, and stay when it goes', async () => {
    const host = simulate('virtio-iommu');
    expect(groupOf(host, '0000:00:03.0')).toBeNull();
    host.loadDriver('vfio-pci');
    await host.write(`${BUS}/devices/0000:00:03.0/driver_override`, 'vfio-pci');
    expect(groupOf(host, '0000:00:03.0')).toBeNull();
    await host.write(`${BUS}/drivers_probe`, '0000:00:03.0');
    expect([driverOf(host, '0000:00:03.0'), groupOf(host, '0000:00:03.0')]).toEqual(['vfio-pci', 1]);
    await host.write(`${BUS}/drivers/vfio-pci/unbind`, '0000:00:03.0');
    expect(groupOf(host, '0000:00:03.0')).toBe(1);
  });

  it('are held whole', async () => {
    const host = simulate('shared-group');
    const [first, second] = ['0000:01:00.0', '0000:01:00.1'] as readonly string[] as readonly PciAddress[];
    const both = [first, second] as readonly PciAddress[];
    expect(host.hold(both.slice(1))).toBeNull();
    await host.write(`${BUS}/drivers/e1000e/unbind`, both[0] ?? '');
    const release = host.hold(both.slice(1));
    expect(release).not.toBeNull();
    expect(host.hold(both.slice(1))).toBeNull();
    expect(await host.write(`${BUS}/drivers/e1000e/bind`, both[0] ?? '')).toEqual({ failed: 'EBUSY' });
    release?.();
    expect(await host.write(`${BUS}/drivers/e1000e/bind`, both[0] ?? '')).toBe('written');
  });
});

describe('what can not be written', () => {
  const host = simulate('gpu-desktop');
  const at = `${BUS}/devices/0000:03:00.0`;

  it.each([
    [`${at}/vendor`, { failed: 'EACCES' }],
    [`${at}/nothing`, { failed: 'ENOENT' }],
    [`${at}/driver`, { failed: 'ELOOP' }],
    [at, { failed: 'ELOOP' }],
    ['/sys/bus/pci/drivers', { failed: 'EISDIR' }],
    ['/sys/bus/pci/drivers/igb', { failed: 'EISDIR' }],
    ['/sys/bus/pci/drivers/nobody/bind', { failed: 'ENOENT' }],
    ['/nowhere', { failed: 'ENOENT' }],
  ])('%s', async (path, expected) => {
    expect(await host.write(path, '1')).toEqual(expected);
  });

  it.each([`${at}/numa_node`, `${at}/uevent`, '/proc/sys/kernel/hostname'])(
    'nobody knows: %s',
    async (path) => {
      await expect(host.write(path, '1')).rejects.toMatchObject(GAP);
    },
  );
});

function sriovNic(address: string, overrides: Partial<FunctionSpec> = {}): FunctionSpec {
  const sriov = { total: 7, active: 0, offset: 128, stride: 2, vfDevice: '10ca' };
  const shared = { under: '0000:00:01.0', ids: '8086:10c9', driver: 'igb' };
  return gigabitNic(address, { ...shared, sriov, ...overrides });
}

it('the number of VFs that is being changed can not be read', async () => {
  const host = build({
    iommu: 'dmar0',
    functions: [
      hostBridge(),
      rootPort('0000:00:01.0', 3, { group: 1 }),
      sriovNic('0000:03:00.0', { group: 2 }),
    ],
  });
  const pf = `${BUS}/devices/0000:03:00.0`;
  await host.write(`${pf}/sriov_numvfs`, '1');
  host.loadDriver('vfio-pci');
  await host.write(`${BUS}/devices/0000:03:10.0/driver_override`, 'vfio-pci');
  await host.write(`${BUS}/drivers_probe`, '0000:03:10.0');
  const release = host.hold(['0000:03:10.0' as PciAddress]);
  expect(await host.write(`${pf}/sriov_numvfs`, '0')).toBe('blocked');
  const blocked = { unknown: 'broken', detail: 'the kernel would block the read' };
  expect(host.readText(`${pf}/sriov_numvfs`)).toEqual(blocked);
  expect(knownValue(deviceOf(host, '0000:03:00.0')?.driver ?? null)).toBe('igb');
  release?.();
  expect(host.readText(`${pf}/sriov_numvfs`)).toBe('0\n');
});
