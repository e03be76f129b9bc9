import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ApplyReport } from '../../../lib/apply/apply-report.ts';
import type { ChangeableHost } from '../../../lib/apply/changeable-host.ts';
import type { HostWriter } from '../../../lib/host/host-writer.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../../lib/host/snapshot/snapshot-parser.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { stableMac } from '../../../lib/pci/sriov/stable-mac.ts';
import { NO_VLAN } from '../../../lib/pci/sriov/vf-settings.ts';
import type { VfGoal } from '../../../lib/plan/sriov/vf-goal.ts';
import { readDriverNow, readVfsNow } from '../../../lib/sysfs/device/driver-state.ts';
import { isLinkFailure, readPfLink } from '../../../lib/sysfs/device/pf-link.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { planFor } from '../../support/binding-plans.ts';
import { type SimulatedMachine, simulateMachine, stateOf } from '../../support/simulated-changes.ts';
import { NETWORK_PF, NVME_PF, proposeVfs } from '../../support/vf-plans.ts';

const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };
const PATH = join(import.meta.dirname, '../../../fixtures/lab-intel.snapshot');
const captured = new SnapshotHost(parseSnapshot(readFileSync(PATH, 'utf8'), 'lab-intel'));
const CARD = '52:54:00:00:00:02';

async function set(
  machine: SimulatedMachine,
  goal: Partial<VfGoal>,
  pf: PciAddress = NETWORK_PF,
  host: ChangeableHost = machine,
): Promise<ApplyReport> {
  return applyPlan((await proposeVfs(machine, pf, goal)).plan, host, OCCASION);
}

async function settingsOf(machine: SimulatedMachine) {
  const link = await readPfLink(machine.reader, machine.runner, NETWORK_PF);
  if (link === null || isLinkFailure(link)) throw new Error('ip is simulated');
  return [...link.vfs.values()];
}

function driversOf(machine: SimulatedMachine, pf = NETWORK_PF): readonly unknown[] {
  const { count, addressOf } = readVfsNow(machine.reader, pf);
  return Array.from({ length: Number(count) }, (_, index) => {
    const address = addressOf(index);
    return address === null ? 'gone' : readDriverNow(machine.reader, address);
  });
}

describe('the VFs of a PF', () => {
  it('are made with stable MACs, which they have before a driver takes them, and the PF is up by then', async () => {
    const machine = simulateMachine(captured);
    const proposal = await proposeVfs(machine, NETWORK_PF, { count: 3 });
    expect(proposal.plan.steps.map(({ change: { kind } }) => kind)).toEqual(['link', 'vfs']);
    expect((await applyPlan(proposal.plan, machine, OCCASION)).outcome).toBe('done');
    expect((await settingsOf(machine)).map(({ mac }) => mac)).toEqual(
      [0, 1, 2].map((index) => stableMac(CARD, index)),
    );
    expect(driversOf(machine)).toEqual(['igbvf', 'igbvf', 'igbvf']);
    expect(stateOf(machine)).not.toContain('"isMadeUp":true');
    expect((await proposeVfs(machine, NETWORK_PF, { count: 3 })).plan.steps).toEqual([]);
  });

  it('that stay keep VFIO drivers and what they were set to; of the others the kernel decides', async () => {
    const machine = simulateMachine(captured);
    const vlan = { id: 7, qos: 0, protocol: '802.1Q' } as const;
    await set(machine, { count: 4, all: { vlan }, each: new Map([[1, { mac: '02:00:00:00:00:01' }]]) });
    await applyPlan(await planFor(machine, 'bind', '01:10.2'), machine, OCCASION);
    expect((await set(machine, { count: 2, each: new Map([[0, { vlan: NO_VLAN }]]) })).outcome).toBe('done');
    expect(await settingsOf(machine)).toMatchObject([
      { mac: stableMac(CARD, 0), vlan: NO_VLAN },
      { mac: '02:00:00:00:00:01', vlan },
    ]);
    expect(driversOf(machine)).toEqual(['igbvf', 'vfio-pci']);
    expect((await set(machine, { count: 3, autoprobe: false })).outcome).toBe('done');
    expect(driversOf(machine)).toEqual([null, 'vfio-pci', null]);
    expect((await settingsOf(machine)).map(({ mac }) => mac)).toEqual([
      stableMac(CARD, 0),
      '02:00:00:00:00:01',
      stableMac(CARD, 2),
    ]);
  });

  it('that udev binds as they come are left to it', async () => {
    const machine = simulateMachine(captured);
    machine.kernel.loadDriver('vfio-pci');
    const vf = '0000:01:10.2';
    const write: HostWriter['write'] = async (path, text) => {
      const writing = await machine.writer.write(path, text);
      if (path.endsWith('/sriov_numvfs') && text !== '0') {
        await machine.writer.write(`/sys/bus/pci/devices/${vf}/driver_override`, 'vfio-pci\n');
        await machine.writer.write('/sys/bus/pci/drivers_probe', vf);
      }
      return writing;
    };
    const host = { ...machine, writer: { write } };
    expect((await set(machine, { count: 2 }, NETWORK_PF, host)).outcome).toBe('done');
    expect(driversOf(machine)).toEqual(['igbvf', 'vfio-pci']);
    expect((await settingsOf(machine)).map(({ mac }) => mac)).toEqual(
      [0, 1].map((at) => stableMac(CARD, at)),
    );
    expect((await set(machine, { count: 3 }, NETWORK_PF, host)).outcome).toBe('done');
    expect(driversOf(machine)).toEqual(['igbvf', 'vfio-pci', 'igbvf']);
  });

  it('keep a MAC that their driver made up, unless a stable one is asked for', async () => {
    const machine = simulateMachine(captured);
    await set(machine, { count: 2, all: { mac: 'driver' } });
    const madeUp = (await settingsOf(machine)).map(({ mac }) => mac);
    expect(madeUp.every((mac) => mac?.startsWith('aa:'))).toBe(true);
    expect((await proposeVfs(machine, NETWORK_PF, {})).plan.steps).toEqual([]);
    expect((await set(machine, { count: 3 })).outcome).toBe('done');
    expect((await settingsOf(machine)).map(({ mac }) => mac)).toEqual([...madeUp, stableMac(CARD, 2)]);
    expect((await set(machine, { all: { mac: 'stable' } })).outcome).toBe('done');
    expect((await settingsOf(machine))[0]?.mac).toBe(stableMac(CARD, 0));
  });

  it.each([
    ['a link state', { linkState: 'disable' }, 'cannot set link disable of VF 0: Operation not supported'],
    ['a rate', { rate: { min: 0, max: 100 } }, 'cannot set at most 100 Mbit/s of VF 0: Invalid argument'],
    [
      'a protocol',
      { vlan: { id: 5, qos: 0, protocol: '802.1ad' } },
      'cannot set VLAN 5 (802.1ad) of VF 0: Protocol not supported',
    ],
  ] as const)('are as they were where the driver does not know %s', async (_, wishes, problem) => {
    const machine = simulateMachine(captured);
    await set(machine, { count: 2, all: { trust: true } });
    await applyPlan(await planFor(machine, 'bind', '01:10.2'), machine, OCCASION);
    const before = stateOf(machine);
    for (const goal of [{ all: wishes }, { count: 4, all: wishes }]) {
      const report = await set(machine, goal);
      expect(report.outcome).toBe('undone');
      expect(report.steps.map((step) => step.problem)).toEqual([problem]);
      expect(stateOf(machine)).toBe(before);
    }
  });

  it('can not be set without ip, which is said', async () => {
    const machine = simulateMachine(captured);
    const before = stateOf(machine);
    const host = { ...machine, runner: { run: async () => ({ kind: 'missing' }) as const } };
    const report = await set(machine, { count: 1, isUp: false, all: { trust: true } }, NETWORK_PF, host);
    expect(report).toMatchObject({
      outcome: 'undone',
      steps: [{ problem: 'cannot configure its VFs: ip is not installed' }],
    });
    expect(stateOf(machine)).toBe(before);
  });

  it('of a card that is no network card are made, and without drivers where that is asked', async () => {
    const machine = simulateMachine(captured);
    expect((await set(machine, { count: 2, autoprobe: false }, NVME_PF)).outcome).toBe('done');
    expect(driversOf(machine, NVME_PF)).toEqual([null, null]);
    expect(readVfsNow(machine.reader, NVME_PF).autoprobe).toBe(false);
    expect((await set(machine, { count: 0, autoprobe: true }, NVME_PF)).outcome).toBe('done');
    expect(readVfsNow(machine.reader, NVME_PF)).toMatchObject({ count: 0, autoprobe: true });
  });

  it('are held: the kernel waits, and that is said', async () => {
    const machine = simulateMachine(captured);
    await set(machine, { count: 2 });
    await applyPlan(await planFor(machine, 'bind', '01:10.2'), machine, OCCASION);
    const letGo = machine.kernel.hold(['0000:01:10.2' as PciAddress]);
    const { outcome, steps } = await set(machine, { count: 1 });
    expect(outcome).toBe('stuck');
    expect(steps[0]?.problem).toMatch(
      /^(cannot read its number of VFs|cannot set its number of VFs to 0: the kernel waits)/,
    );
    letGo?.();
  });
});
