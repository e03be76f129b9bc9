import { describe, expect, it } from 'vitest';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { NO_NAMES } from '../../../lib/pci/pci-ids.ts';
import { bindingStatus } from '../../../lib/plan/binding/binding-status.ts';
import { PERSISTED_FIELDS, type PersistedBinding } from '../../../lib/plan/binding/persisted-bindings.ts';
import { withoutPersisted, withPersisted } from '../../../lib/plan/persistence/persisted-changes.ts';
import { renderBindings } from '../../../lib/render/change/persistence-text.ts';
import { plainStyle } from '../../../lib/render/layout/style.ts';
import { readInventory } from '../../../lib/sysfs/device/read-inventory.ts';
import { BOOT_ID_PATH, EARLIER_DRIVERS_PATH } from '../../../lib/sysfs/paths.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { planFor } from '../../support/binding-plans.ts';
import { buildHost } from '../../support/host-builder.ts';
import { gigabitNic, hostBridge, rootPort } from '../../support/hosts/functions.ts';
import { type SimulatedMachine, simulateMachine } from '../../support/simulated-changes.ts';
import { networkInterface } from '../../support/things.ts';

const MACS = ['52:54:00:00:00:0a', '52:54:00:00:00:0b'] as const;
const BOOT = '11111111-2222-3333-4444-555555555555';
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: BOOT };

/** Two cards that nothing but their MACs tells apart, in two slots. */
function machineWith(first: string, second: string): SimulatedMachine {
  const card = (address: string, under: string, group: number, name: string, mac: string) =>
    gigabitNic(address, { under, group, driver: 'e1000e', below: networkInterface(name, mac) });
  return simulateMachine(
    new SnapshotHost(
      buildHost({
        label: 'twins',
        iommu: 'dmar0',
        functions: [
          hostBridge({ group: 0 }),
          rootPort('0000:00:01.0', 1, { group: 1 }),
          rootPort('0000:00:02.0', 2, { group: 2 }),
          card('0000:01:00.0', '0000:00:01.0', 11, 'eth0', first),
          card('0000:02:00.0', '0000:00:02.0', 12, 'eth1', second),
        ],
        change: (tree) => tree.attribute(BOOT_ID_PATH, BOOT),
      }),
    ),
  );
}

/** The machine with its files of ours, in a boot. */
function hostOf({ reader, files }: SimulatedMachine, boot = BOOT): HostReader {
  const own = new Map([[BOOT_ID_PATH, boot]]);
  const record = files.files.get(EARLIER_DRIVERS_PATH);
  if (record !== undefined) own.set(EARLIER_DRIVERS_PATH, record);
  return new Proxy(reader, {
    get: (target, name: keyof HostReader) =>
      name === 'readText' ? (path: string) => own.get(path) ?? reader.readText(path) : target[name],
  });
}

const devicesOf = (host: HostReader) => readInventory(host, NO_NAMES, PERSISTED_FIELDS).devices;

const recorded = ((): PersistedBinding => {
  const devices = devicesOf(hostOf(machineWith(...MACS)));
  const device = devices.find(({ address }) => address === '0000:01:00.0');
  if (device === undefined) throw new Error('it is not there');
  return withPersisted([{ device, driver: 'vfio-pci' }], [], devices)[0] as PersistedBinding;
})();

function stateOn(machine: SimulatedMachine, boot?: string): string {
  const { state, device } = bindingStatus(recorded, devicesOf(hostOf(machine, boot)));
  return `${state} ${device?.address} ${device?.driver}`;
}

describe('a device that only its MAC tells from its twin, and that moved', () => {
  it('is known by its MAC only', () => {
    expect(recorded).toMatchObject({ deviceSerial: null, productSerial: null, mac: MACS[0], only: false });
  });

  it('is still known once it is bound where it is, in that boot', async () => {
    const machine = machineWith(MACS[1], MACS[0]);
    expect(stateOn(machine)).toBe('moved 0000:02:00.0 e1000e');
    await applyPlan(await planFor(machine, 'bind', '02:00.0'), machine, OCCASION);
    expect(stateOn(machine)).toBe('moved 0000:02:00.0 vfio-pci');
    // Its entry is found by the one that gives it back.
    const devices = devicesOf(hostOf(machine));
    const bound = devices.filter(({ driver }) => driver === 'vfio-pci');
    expect(withoutPersisted(bound, [recorded], devices)).toEqual([]);
    await applyPlan(await planFor(machine, 'unbind', '02:00.0'), machine, OCCASION);
    expect(machine.files.files.has(EARLIER_DRIVERS_PATH)).toBe(false);
    expect(stateOn(machine)).toBe('moved 0000:02:00.0 e1000e');
  });

  it('is not known if another bound it, or by what was seen in another boot', async () => {
    const machine = machineWith(MACS[1], MACS[0]);
    await applyPlan(await planFor(machine, 'bind', '02:00.0'), machine, OCCASION);
    expect(stateOn(machine, BOOT.replaceAll('1', '6'))).toBe('unknown 0000:02:00.0 vfio-pci');
    machine.files.files.delete(EARLIER_DRIVERS_PATH);
    const devices = devicesOf(hostOf(machine));
    const status = bindingStatus(recorded, devices);
    expect(status).toMatchObject({ state: 'unknown', instead: { address: '0000:01:00.0' } });
    const text = renderBindings(
      [status],
      [],
      { initramfs: null, systemd: true, program: [] },
      [],
      null,
      plainStyle,
    );
    expect(text).toContain(
      'unknown: its identity cannot be read; it may be 0000:02:00.0, on vfio-pci; another device is at its place: 0000:01:00.0\n',
    );
    expect(withoutPersisted(devices, [recorded], devices)).toEqual([recorded]);
  });
});
