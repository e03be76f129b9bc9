import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { parseSnapshot } from '../../../lib/host/snapshot/snapshot-parser.ts';
import { stableMac } from '../../../lib/pci/sriov/stable-mac.ts';
import { withPersistedVfs } from '../../../lib/plan/persistence/persisted-changes.ts';
import {
  goalOf,
  type PersistedPf,
  parseVfs,
  persistedPfOf,
  serializeVfs,
} from '../../../lib/plan/sriov/persisted-vfs.ts';
import type { VfGoal } from '../../../lib/plan/sriov/vf-goal.ts';
import { vfsStatus } from '../../../lib/plan/sriov/vfs-status.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { type SimulatedMachine, simulateMachine } from '../../support/simulated-changes.ts';
import { NETWORK_PF, NO_GOAL, NVME_PF, proposeVfs } from '../../support/vf-plans.ts';

const PATH = join(import.meta.dirname, '../../../fixtures/lab-intel.snapshot');
const captured = new SnapshotHost(parseSnapshot(readFileSync(PATH, 'utf8'), 'lab-intel'));
const CARD = '52:54:00:00:00:02';
const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };
const vlan = { id: 100, qos: 0, protocol: '802.1Q' } as const;

/** What is written down of a PF that is asked for something; then it has it. */
async function setAndWrite(
  machine: SimulatedMachine,
  wishes: Partial<VfGoal>,
  kept: PersistedPf | null = null,
  pf = NETWORK_PF,
): Promise<PersistedPf> {
  const proposal = await proposeVfs(machine, pf, wishes);
  const entry = persistedPfOf(proposal, { ...NO_GOAL, ...wishes }, kept, [proposal.state.pf]);
  expect((await applyPlan(proposal.plan, machine, OCCASION)).outcome).toBe('done');
  return entry;
}

const statusOf = async (entry: PersistedPf, machine: SimulatedMachine, pf = NETWORK_PF) =>
  vfsStatus(entry, (await proposeVfs(machine, pf, {})).state);

describe('what is written down of a PF', () => {
  it('has each VF with its MAC and what was asked, and comes to the same VFs on a fresh host', async () => {
    const machine = simulateMachine(captured);
    const asked = { count: 2, all: { vlan }, each: new Map([[1, { trust: true }]]) };
    const entry = await setAndWrite(machine, asked);
    expect(entry).toMatchObject({ address: NETWORK_PF, path: 'pci0000:00/04.0/00.0', id: '8086:10c9' });
    expect(entry).toMatchObject({ count: 2, autoprobe: true, isUp: true });
    expect(entry.vfs).toEqual([
      { mac: stableMac(CARD, 0), vlan },
      { mac: stableMac(CARD, 1), vlan, trust: true },
    ]);
    expect(await setAndWrite(machine, asked, entry)).toEqual(entry);
    expect(await statusOf(entry, machine)).toBe('in-force');

    const afterBoot = simulateMachine(captured);
    expect(await statusOf(entry, afterBoot)).toBe('not-in-force');
    const { plan } = await proposeVfs(afterBoot, NETWORK_PF, goalOf(entry));
    expect((await applyPlan(plan, afterBoot, OCCASION)).outcome).toBe('done');
    expect(await statusOf(entry, afterBoot)).toBe('in-force');
    expect(afterBoot.ip.state()).toEqual(machine.ip.state());
  });

  it('has what VFs that are there were set to, and follows what is set later', async () => {
    const machine = simulateMachine(captured);
    await setAndWrite(machine, { count: 2, all: { vlan, spoofCheck: false } });
    const entry = await setAndWrite(machine, { count: 3 });
    const plain = { vlan, spoofCheck: false };
    expect(entry.vfs).toEqual([
      { mac: stableMac(CARD, 0), ...plain },
      { mac: stableMac(CARD, 1), ...plain },
      { mac: stableMac(CARD, 2) },
    ]);
    await setAndWrite(machine, { each: new Map([[0, { vlan: { ...vlan, id: 7 } }]]) });
    expect(await statusOf(entry, machine)).toBe('not-in-force');
    const later = await setAndWrite(machine, { each: new Map([[1, { trust: false }]]) }, entry);
    expect(later.vfs.slice(0, 2)).toEqual([
      { mac: stableMac(CARD, 0), vlan: { ...vlan, id: 7 }, spoofCheck: false },
      { mac: stableMac(CARD, 1), vlan, trust: false, spoofCheck: false },
    ]);
  });

  it('leaves a MAC to the driver where that was asked, also when something else is set later', async () => {
    const machine = simulateMachine(captured);
    const entry = await setAndWrite(machine, { count: 1, all: { mac: 'driver' } });
    expect(entry.vfs).toEqual([{ mac: 'driver' }]);
    const later = await setAndWrite(machine, { all: { vlan } }, entry);
    expect(later.vfs).toEqual([{ mac: 'driver', vlan }]);
    expect(await statusOf(later, machine)).toBe('in-force');
    const stable = await setAndWrite(machine, { all: { mac: 'stable' } }, later);
    expect(stable.vfs).toEqual([{ mac: stableMac(CARD, 0), vlan }]);
  });

  it('has just their number of what is no network card, and nothing without VFs', async () => {
    const machine = simulateMachine(captured);
    const entry = await setAndWrite(machine, { count: 2, autoprobe: false }, null, NVME_PF);
    expect(entry).toMatchObject({ count: 2, autoprobe: false, vfs: [] });
    expect(await statusOf(entry, machine, NVME_PF)).toBe('in-force');
    const none = await proposeVfs(machine, NVME_PF, { count: 0 });
    const { pf } = none.state;
    expect(withPersistedVfs(none, NO_GOAL, [entry], [pf])).toEqual([]);
    const two = await proposeVfs(machine, NVME_PF, {});
    expect(withPersistedVfs(two, NO_GOAL, [entry], [two.state.pf])).toEqual([entry]);
  });

  it('is not in force where the PF can not have it', async () => {
    const machine = simulateMachine(captured);
    const entry = await setAndWrite(machine, { count: 1 });
    const { state } = await proposeVfs(machine, NETWORK_PF, {});
    expect(vfsStatus({ ...entry, count: 8 }, state)).toBe('not-in-force');
    expect(vfsStatus(entry, { ...state, pf: { ...state.pf, driver: 'vfio-pci' } })).toBe('not-in-force');
    const unread = {
      ...state,
      link: { interface: 'eth0', isUp: true, mac: CARD, vfs: { unknown: 'unread' } },
    } as const;
    expect(vfsStatus(entry, unread)).toEqual({ unknown: 'unread' });
  });
});

describe('the record of VFs', () => {
  it('is read as it was written, and without indents where there are many', async () => {
    const entry = await setAndWrite(simulateMachine(captured), { count: 2, all: { vlan, trust: true } });
    expect(parseVfs(serializeVfs([entry]))).toEqual([entry]);
    expect(serializeVfs([])).toBeNull();
    const [vf] = entry.vfs as [PersistedPf['vfs'][number]];
    const many = { ...entry, count: 400, vfs: Array.from({ length: 400 }, () => vf) };
    expect(parseVfs(serializeVfs([many]))).toEqual([many]);
    const tooMany = { ...entry, count: 4000, vfs: Array.from({ length: 4000 }, () => vf) };
    expect(() => serializeVfs([tooMany])).toThrow(expect.objectContaining({ code: 'CANNOT_PERSIST' }));
  });

  it('is not taken where a part is not of its form', async () => {
    const good = await setAndWrite(simulateMachine(captured), { count: 1 });
    const parse = (entry: object) =>
      parseVfs(JSON.stringify({ schema: 'portal-gun/virtual-functions/v1', devices: [entry] }));
    const vf = (wishes: unknown) => ({ ...good, vfs: [wishes] });
    expect(parse(good)).toEqual([good]);
    const spoilt: readonly object[] = [
      { ...good, path: '../04.0' },
      { ...good, count: 0 },
      { ...good, count: 65536 },
      { ...good, count: 1.5 },
      { ...good, autoprobe: 1 },
      { ...good, isUp: null },
      { ...good, vfs: {} },
      { ...good, vfs: [{}, {}] },
      vf(null),
      vf([]),
      vf({ mac: 'stable' }),
      vf({ mac: '01:00:00:00:00:01' }),
      vf({ mac: '00:00:00:00:00:00' }),
      vf({ mac: '02:00:00:00:00:01 up' }),
      vf({ vlan: 100 }),
      vf({ vlan: { id: 4095, qos: 0, protocol: '802.1Q' } }),
      vf({ vlan: { id: 1, qos: 8, protocol: '802.1Q' } }),
      vf({ vlan: { id: 1, qos: 0, protocol: 'x' } }),
      vf({ trust: 'on' }),
      vf({ linkState: 'up' }),
      vf({ rate: { min: 0 } }),
      vf({ other: true }),
      vf(JSON.parse('{"__proto__": 1}')),
    ];
    for (const each of spoilt) expect(() => parse(each), JSON.stringify(each)).toThrow(/is invalid/);
    expect(() => parseVfs('{}')).toThrow(
      expect.objectContaining({ code: 'BAD_RECORD', subject: '/etc/portal-gun/virtual-functions.json' }),
    );
  });
});
