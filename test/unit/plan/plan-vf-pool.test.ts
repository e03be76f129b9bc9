import { describe, expect, it } from 'vitest';
import { observe } from '../../../lib/apply/change-makers.ts';
import { knownValue } from '../../../lib/base/known.ts';
import { Problem } from '../../../lib/base/problem.ts';
import type { HostReader } from '../../../lib/host/host-reader.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import { withAssigned } from '../../../lib/libvirt/assignment/with-assigned.ts';
import { plainHostDevice } from '../../../lib/libvirt/hostdev/host-device.ts';
import { formatHostDevice } from '../../../lib/libvirt/hostdev/host-device-text.ts';
import { type KnownMachine, readMachines } from '../../../lib/libvirt/machine/read-machines.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { identityOf } from '../../../lib/pci/identity.ts';
import { NO_NAMES } from '../../../lib/pci/pci-ids.ts';
import {
  assignmentSteps,
  assignTo,
  type DefinedMachine,
} from '../../../lib/plan/assignment/plan-assignment.ts';
import {
  type PoolRequest,
  planVfPool,
  type VfPoolProposal,
} from '../../../lib/plan/assignment/plan-vf-pool.ts';
import type { Change } from '../../../lib/plan/change.ts';
import type { PfState } from '../../../lib/plan/sriov/vf-goal.ts';
import { readVfsNow } from '../../../lib/sysfs/device/driver-state.ts';
import { isLinkFailure, readPfLink } from '../../../lib/sysfs/device/pf-link.ts';
import { ALL_FIELDS, readInventory } from '../../../lib/sysfs/device/read-inventory.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { FakeVirsh } from '../../support/fake-virsh.ts';
import { domainXml, MadeUpLibvirt, uuidOf } from '../../support/made-up-libvirt.ts';
import { type SimulatedMachine, simulateMachine } from '../../support/simulated-changes.ts';
import { NETWORK_PF, NVME_PF } from '../../support/vf-plans.ts';

const host = () => simulateMachine(openHost('fixtures/lab-intel.snapshot'));
const withVfs = () => simulateMachine(openHost('fixtures/lab-intel-vfio.snapshot'));

const Q35 = '<controller type="pci" index="0" model="pcie-root"/>';

/** Machines of these names, with what stands in their devices; those in `live` run with that. */
async function machinesOf(
  devices: Readonly<Record<string, string>>,
  live: Readonly<Record<string, string>> = {},
): Promise<readonly DefinedMachine[]> {
  const xml = (name: string, uuid: string, inside: string) =>
    domainXml(name, uuid, `<devices>${Q35}${inside}</devices>`);
  const made = Object.entries(devices).map(([name, inside], index) => {
    const uuid = uuidOf(index + 1);
    const running = live[name];
    return {
      uuid,
      definition: xml(name, uuid, inside),
      ...(running === undefined ? {} : { live: xml(name, uuid, running), state: 'running' as const }),
    };
  });
  const { machines } = await readMachines(new MadeUpLibvirt(made), 'look');
  return machines.filter((each): each is DefinedMachine => each.definition !== null);
}

function given(address: string): string {
  const [, bus, slot, fn] = address.split(/[:.]/);
  return `<hostdev mode="subsystem" type="pci" managed="yes"><source><address domain="0x0000" bus="0x${bus}" slot="0x${slot}" function="0x${fn}"/></source></hostdev>`;
}

async function stateOf(machine: SimulatedMachine, pf: PciAddress): Promise<PfState> {
  const { devices } = readInventory(machine.reader, NO_NAMES, ALL_FIELDS);
  const find = (address: PciAddress) => devices.filter((device) => device.address === address);
  const [device] = find(pf);
  if (device === undefined) throw new Error(`there is no ${pf}`);
  const role = knownValue(device.sriov);
  const link = await readPfLink(machine.reader, machine.runner, pf);
  const vfs = role?.role === 'pf' ? role.virtualFunctions.flatMap(find) : [];
  // Of what makes no VFs nothing is simulated.
  if (isLinkFailure(link)) return { pf: device, vfs, link: null, card: null };
  return { pf: device, vfs, link, card: link?.mac ?? null };
}

/** A host where each group has the PF in it too. */
function withCompanion(reader: HostReader): HostReader {
  return new Proxy(reader, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (path: string, ...more: readonly unknown[]) =>
        /iommu_groups\/\d+\/devices$/.test(path) ? [NETWORK_PF] : value.call(target, path, ...more);
    },
  });
}

interface Asked extends Pick<PoolRequest, 'wishes' | 'isDead'> {
  readonly pf?: PciAddress;
  readonly targets?: readonly DefinedMachine[];
  readonly vlan?: number;
  readonly used?: readonly string[];
}

async function plan(
  machine: SimulatedMachine,
  machines: readonly KnownMachine[],
  { pf = NETWORK_PF, targets, vlan, used = [], ...more }: Asked = {},
): Promise<VfPoolProposal> {
  return planVfPool({
    ...more,
    state: await stateOf(machine, pf),
    targets: targets ?? (machines as readonly DefinedMachine[]),
    machines,
    vlan: vlan ?? null,
    isSpare: (vf) => !used.includes(vf),
  });
}

const vfsOf = ({ machines }: VfPoolProposal) => machines.map(({ vf }) => `${vf.index} ${vf.address}`);
const three = () => machinesOf({ a: '', b: '', c: '' });

describe('a pool of VFs', () => {
  it('has them where the kernel makes them', async () => {
    for (const pf of [NETWORK_PF, NVME_PF]) {
      const machine = host();
      const proposal = await plan(machine, await three(), { pf });
      const occasion = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };
      expect((await applyPlan(proposal.vfs.plan, machine, occasion)).outcome).toBe('done');
      const { addressOf } = readVfsNow(machine.reader, pf);
      expect(vfsOf(proposal)).toEqual([0, 1, 2].map((index) => `${index} ${addressOf(index)}`));
    }
  });

  it('gives those that nobody has, and makes no more than it takes', async () => {
    const machines = await machinesOf(
      { a: '', b: given('0000:01:10.2'), c: '', d: '' },
      { d: given('0000:01:10.0') },
    );
    const targets = machines.filter(({ name }) => name === 'a');
    const proposal = await plan(withVfs(), machines, { targets });
    expect(vfsOf(proposal)).toEqual(['2 0000:01:10.4']);
    expect(proposal.vfs.plan.steps.map(({ change }) => change.kind)).toEqual(['link']);
    const used = ['0000:01:10.4'];
    await expect(plan(withVfs(), machines, { targets, used })).rejects.toMatchObject({
      code: 'DEVICE_IN_USE',
      message: 'from 3 VFs to 4 all VFs are removed temporarily, but d runs with 0000:01:10.0',
    });
  });

  it('gives none that a machine may have whose definition is not understood', async () => {
    const spoilt = given('0000:01:10.0').replace('</hostdev>', '<boot order="0"/></hostdev>');
    const machines = await machinesOf({ a: '', b: spoilt });
    expect(machines[1]?.definition.unreadable?.code).toBe('BAD_XML');
    const targets = machines.filter(({ name }) => name === 'a');
    expect(vfsOf(await plan(withVfs(), machines, { targets }))).toEqual(['1 0000:01:10.2']);
  });

  it('counts a VF that a machine has by another hand', async () => {
    const machines = await machinesOf({ a: given('0000:01:10.4') });
    const [only] = (await plan(withVfs(), machines)).machines;
    expect(only).toMatchObject({ gained: [], byOthers: ['0000:01:10.4'], vf: { index: 2 } });
  });

  it('gives VFs what is persisted for them, in the definition too', async () => {
    const vlan = { id: 100, qos: 0, protocol: '802.1Q' } as const;
    const wishes = [{ vlan, mac: '02:00:00:00:00:09' }, { trust: true }];
    const { vfs, machines } = await plan(host(), await machinesOf({ a: '', b: '' }), { wishes });
    expect(vfs.to.vfs.map(({ settings }) => settings)).toMatchObject([
      { vlan, mac: '02:00:00:00:00:09' },
      { trust: true },
    ]);
    expect(machines.map(({ gained: [each] }) => each?.device)).toMatchObject([
      { vlans: [100], mac: '02:00:00:00:00:09' },
      { vlans: [] },
    ]);
    const asked = await plan(host(), await machinesOf({ a: '' }), { wishes, vlan: 7 });
    expect(asked.machines[0]?.gained[0]?.device).toMatchObject({ vlans: [7] });
  });

  it('is known by its PF, and given by its new address once that moved', async () => {
    const [first] = (await plan(host(), await machinesOf({ a: '' }))).machines;
    const kept = first?.gained[0]?.assignment?.device;
    expect(kept?.vf).toMatchObject({ index: 0, pf: { path: 'pci0000:00/04.0/00.0', id: '8086:10c9' } });
    if (first === undefined) throw new Error('it is given one');
    const { uuid, definition } = first.machine;
    const text = withAssigned(definition.document, first.to);
    const as = async (written: string) =>
      (await readMachines(new MadeUpLibvirt([{ uuid, definition: written }]), 'look')).machines;
    // What is kept is read as it was written.
    const [same] = (await plan(host(), await as(text))).machines;
    expect(same?.from).toEqual(first.to);
    expect(same?.to).toEqual(first.to);

    // As if the card had been elsewhere when that was written down.
    const before = text
      .replaceAll('pci0000:00/04.0/', 'pci0000:00/1c.0/')
      .replaceAll('0000:01:10.0', '0000:0f:10.0')
      .replaceAll('bus="0x01"', 'bus="0x0f"');
    const [moved] = (await plan(host(), await as(before))).machines;
    expect(moved?.from.devices[0]?.device).toMatchObject({ address: '0000:0f:10.0' });
    expect(moved?.to.devices).toMatchObject([
      {
        assignment: { device: { address: '0000:01:10.0', vf: { pf: { path: 'pci0000:00/04.0/00.0' } } } },
        device: { address: '0000:01:10.0' },
      },
    ]);

    // And as if it were another card, which is gone.
    const gone = before.replace(/pf-mac="[^"]*"/, 'pf-mac="52:54:00:00:00:99"');
    const [left] = (await plan(host(), await as(gone))).machines;
    expect([left?.lost, left?.to.devices].map((each) => each?.length)).toEqual([0, 2]);
    const [replaced] = (await plan(host(), await as(gone), { isDead: () => true })).machines;
    expect([replaced?.lost, replaced?.to.devices].map((each) => each?.length)).toEqual([1, 1]);
    expect(replaced?.to.devices).toMatchObject([{ device: { address: '0000:01:10.0' } }]);
  });

  it('gives VFs of what is no network card as they are, without MAC and VLAN', async () => {
    const proposal = await plan(host(), await three(), { pf: NVME_PF });
    const texts = proposal.machines.flatMap(({ gained }) =>
      gained.map(({ device }) => (device === null ? '' : formatHostDevice(device))),
    );
    expect(texts.every((text) => text.startsWith('<hostdev ') && !text.includes('<mac'))).toBe(true);
    expect(texts).toHaveLength(3);
    await expect(plan(host(), await three(), { pf: NVME_PF, vlan: 5 })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      subject: '--vlan',
    });
  });

  it('is made again after a boot, for machines that keep what they have', async () => {
    const first = await plan(host(), await three(), { vlan: 25 });
    const made = first.machines.map(({ machine, to }) => ({
      uuid: machine.uuid,
      definition: withAssigned(machine.definition.document, to),
    }));
    const { machines } = await readMachines(new MadeUpLibvirt(made), 'look');
    const again = await plan(host(), machines);
    expect(vfsOf(again)).toEqual(vfsOf(first));
    expect(again.vfs.plan.steps.map(({ change }) => change.kind)).toEqual(['link', 'vfs']);
    const steps = again.machines.flatMap((each) => assignmentSteps('qemu:///system', each));
    expect(steps).toEqual([]);
    const moved = await plan(host(), machines, { vlan: 26 });
    expect(moved.machines.flatMap((each) => assignmentSteps('qemu:///system', each))).toHaveLength(3);
  });

  it('leaves a VF that was assigned by itself known by its place, whatever MAC its driver had', async () => {
    const [device] = (await stateOf(withVfs(), NETWORK_PF)).vfs;
    const [machine] = await machinesOf({ a: '' });
    if (device === undefined || machine === undefined) throw new Error('there are both');
    expect(identityOf(device).mac).not.toBeNull();
    const handed = plainHostDevice(device.address);
    const { to } = assignTo(machine, [{ device, handed, policy: 'exclusive', asked: true }]);
    expect(to.devices[0]?.assignment?.device).toMatchObject({ path: 'pci0000:00/04.0/10.0', mac: null });
  });

  it('is refused where it can not be', async () => {
    const many = await machinesOf(
      Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`m${index}`, ''])),
    );
    await expect(plan(host(), many)).rejects.toMatchObject({
      code: 'TOO_FEW_VFS',
      message: '7 of its 7 VFs are free, but 9 VMs need one',
    });
    await expect(plan(host(), many, { pf: '0000:03:00.0' as PciAddress })).rejects.toMatchObject({
      code: 'NO_SRIOV',
    });
    await expect(plan(withVfs(), many, { pf: '0000:01:10.0' as PciAddress })).rejects.toMatchObject({
      code: 'NO_SRIOV',
      hint: 'use its PF: 0000:01:00.0',
    });
    const shared = await machinesOf({ a: given('0000:01:10.0'), b: given('0000:01:10.0') });
    await expect(plan(withVfs(), shared)).rejects.toMatchObject({ code: 'ASSIGNED_ELSEWHERE' });
  });

  it('is not written into a machine where a VF is not the one that was meant', async () => {
    const machine = withVfs();
    const [only] = (await plan(machine, await machinesOf({ a: '' }))).machines;
    if (only === undefined) throw new Error('there is a machine');
    const text = only.machine.definition.document.text;
    const defined: string[] = [];
    const runner = new FakeVirsh((command) => {
      if (command[0] === 'define') defined.push('once');
      return { output: command[0] === 'dumpxml' ? text : '' };
    });
    const changeOf = (index: number): Change => {
      const [step] = assignmentSteps('qemu:///system', only, [{ ...only.vf, index }]);
      if (step === undefined) throw new Error('there is a step');
      return step.change;
    };
    const to = { ...machine, runner };
    expect(await (await observe(to, changeOf(1))).reach('to')).toEqual(
      new Problem('VF_MOVED', '0000:01:10.0 is not VF 1 of 0000:01:00.0'),
    );
    expect(defined).toEqual([]);
    expect(await (await observe(to, changeOf(1))).isAt('from')).toBe(true);
    expect(await (await observe(to, changeOf(1))).reach('from')).toBe(null);
    const crowded = { ...to, reader: withCompanion(machine.reader) };
    expect(await (await observe(crowded, changeOf(0))).reach('to')).toMatchObject({
      code: 'GROUP_SHARED',
      message: '0000:01:10.0 shares its IOMMU group with 0000:01:00.0: it cannot be assigned on its own',
    });
    expect(defined).toEqual([]);
    await (await observe(to, changeOf(0))).reach('to');
    expect(defined).toEqual(['once']);
  });
});
