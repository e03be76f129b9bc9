import { describe, expect, it, test } from 'vitest';
import { readJournals } from '../../../lib/apply/journal/journal.ts';
import { type Recovery, recover } from '../../../lib/apply/recover.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import type { AssignedState } from '../../../lib/libvirt/assignment/assignment.ts';
import { plainHostDevice } from '../../../lib/libvirt/hostdev/host-device.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import type { Change } from '../../../lib/plan/change.ts';
import type { Guard } from '../../../lib/plan/guard.ts';
import type { Plan } from '../../../lib/plan/plan.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { FaultyHost, Killed } from '../../support/faults.ts';
import { type SimulatedMachine, simulateMachine, stateOf } from '../../support/simulated-changes.ts';

const captured = openHost('fixtures/lab-intel.snapshot');
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };
const CARD = '0000:07:00.0' as PciAddress;
const PF = '0000:01:00.0' as PciAddress;
/** The host runs from it. */
const ROOT_DISK = '0000:00:02.0' as PciAddress;

const HOST = { driver: 'virtio-pci', override: null };
const VFIO = { driver: 'vfio-pci', override: 'vfio-pci' };
const DEVICE = { ...plainHostDevice(CARD), alias: 'ua-portal-gun-0000-07-00-0' };
const NONE: AssignedState = { devices: [], rootPorts: [] };
const GIVEN: AssignedState = {
  devices: [{ alias: DEVICE.alias, assignment: null, device: DEVICE }],
  rootPorts: [],
};

/** A guard that is of another device than the one that is there. */
function wrong(address: PciAddress): Guard {
  return { address, id: '8086:ffff', subsystem: null, iommuGroup: null };
}

function planOf(guards: readonly Guard[], ...changes: readonly Change[]): Plan {
  return {
    title: 't',
    guards,
    steps: changes.map((change, index) => ({ words: `step ${index + 1}`, change })),
  };
}

/** A change of each kind, and the device that it depends on. */
function changes(machine: SimulatedMachine): readonly (readonly [Change, PciAddress])[] {
  const { uuid } = machine.libvirt.machine();
  const of = { uri: 'qemu:///system', machine: uuid };
  const vfs = { autoprobe: true, vfs: [] };
  return [
    [{ kind: 'driver', address: CARD, from: { driver: null, override: null }, to: VFIO }, CARD],
    [{ kind: 'module', module: 'vfio-pci', driver: 'vfio-pci', from: false, to: true }, CARD],
    [{ kind: 'file', path: '/etc/portal-gun/bindings.json', from: null, to: '{}' }, CARD],
    [{ kind: 'initramfs', from: null, to: 'stale' }, CARD],
    [{ kind: 'boot-loader', from: null, to: 'stale' }, CARD],
    [{ kind: 'vfs', address: PF, from: { count: 0, ...vfs }, to: { count: 2, ...vfs } }, PF],
    [{ kind: 'link', address: PF, from: false, to: true }, PF],
    [{ kind: 'assignment', ...of, from: NONE, to: GIVEN, metadata: null }, CARD],
    [{ kind: 'attachment', ...of, address: CARD, from: null, to: DEVICE }, CARD],
  ];
}

describe('a guard that does not hold', () => {
  it.each(changes(simulateMachine(captured)).map((each) => [each[0].kind, ...each] as const))(
    'stops a step of the kind %s, also where it is gone on with',
    async (_, change, address) => {
      const machine = simulateMachine(captured);
      const before = stateOf(machine);
      const plan = planOf([wrong(address)], change);
      const report = await applyPlan(plan, machine, OCCASION);
      expect(report).toMatchObject({ outcome: 'undone', steps: [{ outcome: 'untouched' }] });
      expect(report.steps[0]?.problem).toContain('its address now belongs to another device');
      expect(stateOf(machine)).toBe(before);

      const faulty = new FaultyHost(machine, new Map([[1, 'kills']]));
      await expect(applyPlan(planOf([], change), faulty.host, OCCASION)).rejects.toThrow(Killed);
      const [left] = await readJournals(machine.files);
      if (left === undefined) throw new Error('nothing was left');
      const ended = await recover({ ...left, plan }, machine, 'a-boot', 'finish');
      expect(ended).toMatchObject({ outcome: 'undone' });
      expect(stateOf(machine)).toBe(before);
    },
  );

  it('stops every step where it belongs to none of them', async () => {
    const machine = simulateMachine(captured);
    const [[bind]] = changes(machine) as [readonly [Change, PciAddress]];
    const report = await applyPlan(planOf([wrong(PF)], bind), machine, OCCASION);
    expect(report.steps[0]?.problem).toBe(
      `${PF}: its address now belongs to another device: 8086:10c9, not 8086:ffff`,
    );
  });

  it('keeps no file from being put back', async () => {
    const machine = simulateMachine(captured);
    const file: Change = { kind: 'file', path: '/run/portal-gun/a', from: null, to: 'a' };
    const broken: Change = { kind: 'module', module: 'no', driver: 'none-such', from: false, to: true };
    let isReplaced = false;
    const reader = new Proxy(machine.reader, {
      get: (host, key) =>
        key === 'list' && isReplaced ? () => null : (host[key as keyof typeof host] as () => unknown),
    });
    const report = await applyPlan(planOf([], file, broken), { ...machine, reader }, OCCASION, {
      onStep: () => {
        isReplaced = true;
      },
    });
    expect(report).toMatchObject({ outcome: 'undone', steps: [{ outcome: 'undone' }, {}] });
    expect(machine.files.files.size).toBe(0);
  });
});

describe('what the host uses', () => {
  const take: Change = { kind: 'driver', address: ROOT_DISK, from: HOST, to: VFIO };
  const spare: Change = {
    ...{ kind: 'driver', address: '0000:06:00.0' as PciAddress },
    ...{ from: { driver: 'e1000e', override: null }, to: VFIO },
  };
  const load: Change = { kind: 'module', module: 'vfio-pci', driver: 'vfio-pci', from: false, to: true };

  it('is not taken by a plan of a program of its own, and what was taken before is put back', async () => {
    const machine = simulateMachine(captured);
    const before = stateOf(machine);
    const report = await applyPlan(planOf([], load, spare, take), machine, OCCASION);
    expect(report.outcome).toBe('undone');
    expect(report.steps[2]).toMatchObject({
      outcome: 'untouched',
      problem: `${ROOT_DISK} contains the root file system: vda on / (system-disk)`,
    });
    expect(stateOf(machine)).toBe(before);
  });

  test.each<Recovery>(['finish', 'undo'])('is not taken by a journal either: %s', async (recovery) => {
    const machine = simulateMachine(captured);
    machine.kernel.loadDriver('vfio-pci');
    const before = stateOf(machine);
    const left = {
      ...{ id: 'a', ...OCCASION, allowed: new Set<string>(), confirmByMs: null },
      // To undo the second gives to vfio-pci what the host has mounted since.
      plan: planOf([], recovery === 'finish' ? take : { ...take, from: VFIO, to: HOST }),
      marks: new Map([[0, 'begun' as const]]),
    };
    const report = await recover(left, machine, 'a-boot', recovery);
    expect(report).toMatchObject({ outcome: recovery === 'finish' ? 'undone' : 'stuck' });
    if (recovery === 'undo') {
      expect(report.steps[0]).toMatchObject({
        outcome: 'stuck',
        problem: `${ROOT_DISK} contains the root file system: vda on / (system-disk)`,
      });
    }
    expect(stateOf(machine)).toBe(before);
  });

  it('is asked about with the names that were allowed when it was begun, and with no others', async () => {
    const machine = simulateMachine(captured);
    const faulty = new FaultyHost(machine, new Map([[3, 'kills']]));
    await expect(applyPlan(planOf([], load, spare), faulty.host, OCCASION)).rejects.toThrow(Killed);
    const [left] = await readJournals(machine.files);
    if (left === undefined) throw new Error('nothing was left');
    expect(left.allowed.has('session')).toBe(true);
    // Of a captured host it is not known where this session came from.
    const older = await recover({ ...left, allowed: new Set() }, machine, 'a-boot', 'finish');
    expect(older.steps[1]?.problem).toMatch(/cannot be checked for .* \([a-z-]+\)$/);
    expect(older.outcome).not.toBe('done');
  });

  it('is asked about before a machine is given a device as it runs, and not when it gives one up', async () => {
    const machine = simulateMachine(captured);
    const uplink = '0000:00:0a.0' as PciAddress;
    const device = { ...plainHostDevice(uplink), alias: 'ua-portal-gun-a' };
    const { uuid } = machine.libvirt.machine();
    const plug = {
      ...({ kind: 'attachment', uri: 'qemu:///system', machine: uuid, address: uplink } as const),
      ...{ from: null, to: device },
    };
    const allowed = new Set(['session', 'block-open']);
    const report = await applyPlan(planOf([], plug), machine, OCCASION, { allowed });
    expect(report.steps[0]?.problem).toMatch(/^0000:00:0a\.0 carries .* \(net-address\)$/);
  });
});
