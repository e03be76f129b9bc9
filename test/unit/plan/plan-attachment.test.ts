import { describe, expect, it, test } from 'vitest';
import { openHost } from '../../../lib/host/open-host.ts';
import { readAssigned } from '../../../lib/libvirt/assignment/assigned-devices.ts';
import { addressOf, aliasOf } from '../../../lib/libvirt/assignment/assignment.ts';
import { readMachines } from '../../../lib/libvirt/machine/read-machines.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import type { PciAddress } from '../../../lib/pci/address.ts';
import { heldUntilItEnds } from '../../../lib/plan/assignment/assignment-status.ts';
import { assignTo } from '../../../lib/plan/assignment/plan-assignment.ts';
import {
  attachAll,
  attachmentSteps,
  detachFrom,
  type RunningMachine,
  runningMachines,
} from '../../../lib/plan/assignment/plan-attachment.ts';
import { formatScript } from '../../../lib/plan/script/script.ts';
import { CARD, toAssign } from '../../support/live-plans.ts';
import { domainXml, MadeUpLibvirt, type MadeUpMachine, uuidOf } from '../../support/made-up-libvirt.ts';
import { simulateMachine } from '../../support/simulated-changes.ts';

const host = simulateMachine(openHost('fixtures/lab-intel.snapshot'));
const OTHER = '0000:06:00.0' as PciAddress;
const card = toAssign(host);
const other = toAssign(host, OTHER);
const NOTHING = { devices: [], rootPorts: [] };

const port = (index: number, more = ''): string =>
  `<controller type="pci" index="${index}" model="pcie-root-port">${more}</controller>`;
const Q35 = '<controller type="pci" index="0" model="pcie-root"/>';
const given = (address: string, alias: string, bus: number): string => {
  const [, at, slot, fn] = address.split(/[:.]/);
  return `<hostdev mode="subsystem" type="pci" managed="yes"><source><address domain="0x0000" bus="0x${at}" slot="0x${slot}" function="0x${fn}"/></source><alias name="${alias}"/><address type="pci" domain="0x0000" bus="0x0${bus}" slot="0x00" function="0x0"/></hostdev>`;
};

/** Machines that run with that in their devices, by name. */
async function running(
  devices: Readonly<Record<string, string>>,
  state: MadeUpMachine['state'] = 'running',
): Promise<readonly RunningMachine[]> {
  const made = Object.entries(devices).map(([name, inside], index) => {
    const uuid = uuidOf(index + 1);
    const xml = (more: string) => domainXml(name, uuid, `<devices>${Q35}${more}</devices>`);
    return {
      uuid,
      definition: xml(port(1) + port(2)),
      live: xml(inside),
      ...(state === undefined ? {} : { state }),
    };
  });
  const { machines } = await readMachines(new MadeUpLibvirt(made), 'look');
  return runningMachines(machines);
}

const attach = (machines: readonly RunningMachine[], devices = [card], all = machines) =>
  attachAll(
    machines.map((machine) => ({ machine, devices, defined: NOTHING })),
    all,
  );

describe('devices of machines that run', () => {
  it('go to ports that nothing is in and that take them, each to one of its own', async () => {
    const machines = await running({
      a: port(1, '<target hotplug="off"/>') + port(2) + port(3) + port(4) + given('0000:09:01.0', 'x', 2),
    });
    const [attachment] = attach(machines, [card, other]);
    expect(attachment?.gained.map(({ address, guestAddress }) => [address, guestAddress?.bus])).toEqual([
      [CARD, 3],
      [OTHER, 4],
    ]);
  });

  it('are refused where there is no port, with what to do', async () => {
    const machines = await running({ a: port(1) });
    expect(() => attach(machines, [card, other])).toThrow(
      expect.objectContaining({
        code: 'NO_GUEST_SLOT',
        subject: 'a',
        message:
          'runs with one PCIe port free for a hot-plug, and needs 2: libvirt creates ports only when the VM starts',
        hint: expect.stringContaining(
          'virsh attach-device a PORT.xml --config, with <controller type="pci" index="3" model="pcie-root-port"><model name="pcie-root-port"/><target chassis="3" port="0x3"/></controller> in it',
        ),
      }),
    );
  });

  it('are one for one machine at a time', async () => {
    const machines = await running({ a: port(1), b: port(1) + port(2) + given(OTHER, aliasOf(OTHER), 2) });
    expect(() => attach(machines)).toThrow(
      expect.objectContaining({
        code: 'ASSIGNED_ELSEWHERE',
        message: 'cannot be attached to a, b, which run: only one VM at a time can have it',
      }),
    );
    const [a] = machines;
    if (a === undefined) throw new Error('there are two');
    expect(() => attach([a], [other], machines)).toThrow(
      expect.objectContaining({
        message: 'b runs with it, and only one VM at a time can have it',
        hint: `unassign it first: pci unassign ${OTHER} --live --machine b`,
      }),
    );
    expect(attach([a], [card], machines)[0]?.gained).toHaveLength(1);
  });

  it('are left where a machine has them, by whoever’s hand', async () => {
    const machines = await running({
      a: port(1) + port(2) + given(CARD, aliasOf(CARD), 1) + given(OTHER, 'x', 2),
    });
    expect(attach(machines, [card, other])).toMatchObject([{ gained: [], byOthers: [OTHER] }]);
  });

  it('have the name and settings of the definition', async () => {
    const [machine] = await running({ a: port(1) });
    if (machine?.definition == null) throw new Error('there is one');
    const { to } = assignTo({ ...machine, definition: machine.definition }, [
      {
        ...card,
        handed: { ...card.handed, rom: { isEnabled: null, hasBar: false, file: null }, bootOrder: 1 },
      },
    ]);
    const renamed = { ...to, devices: to.devices.map((each) => ({ ...each, alias: `${each.alias}-2` })) };
    const [attachment] = attachAll([{ machine, devices: [card], defined: renamed }], [machine]);
    expect(attachment?.gained).toMatchObject([
      { alias: `${aliasOf(CARD)}-2`, rom: { hasBar: false }, bootOrder: null, guestAddress: { bus: 1 } },
    ]);
  });

  it('are taken out in reverse, and of a paused machine not', async () => {
    const devices =
      port(1) + port(2) + port(3) + given(CARD, aliasOf(CARD), 1) + given(OTHER, aliasOf(OTHER), 2);
    const inside = devices + given('0000:09:01.0', 'x', 3);
    const [machine] = await running({ a: inside });
    const [paused] = await running({ a: inside }, 'paused');
    if (machine === undefined || paused === undefined) throw new Error('there are both');
    expect(detachFrom(machine, () => true).lost.map(({ address }) => address)).toEqual([OTHER, CARD]);
    expect(detachFrom(machine, (each) => addressOf(each) === CARD).lost).toHaveLength(1);
    expect(() => detachFrom(paused, () => true)).toThrow(
      expect.objectContaining({ code: 'NOT_RUNNING', subject: 'a' }),
    );
    expect(detachFrom(paused, () => false).lost).toEqual([]);
    expect(heldUntilItEnds(machine).map(addressOf)).toEqual([CARD, OTHER]);
    expect(await running({ a: inside }, 'crashed')).toEqual([]);
  });

  it('of the conventional kind go to a slot that is free', async () => {
    const uuid = uuidOf(1);
    const xml = domainXml('a', uuid, '<os><type arch="x86_64" machine="pc">hvm</type></os><devices/>');
    const { machines } = await readMachines(
      new MadeUpLibvirt([{ uuid, live: xml, state: 'running' }]),
      'look',
    );
    const [machine] = runningMachines(machines);
    if (machine === undefined) throw new Error('there is one');
    expect(attach([machine], [card, other])[0]?.gained.map(({ guestAddress }) => guestAddress)).toEqual([
      { bus: 0, slot: 3, function: 0, multifunction: false },
      { bus: 0, slot: 4, function: 0, multifunction: false },
    ]);
    expect(readAssigned(parseXml(xml, 'a')).devices).toEqual([]);
  });
});

test('a script plugs in and takes out, and waits for the guest', async () => {
  const machines = await running({ a: port(1) });
  const [attachment] = attach(machines);
  if (attachment === undefined) throw new Error('there is one');
  const lost = { ...attachment, gained: [], lost: attachment.gained };
  const vf = { address: CARD, pf: '0000:01:00.0' as PciAddress, index: 2 };
  const steps = [
    ...attachmentSteps('qemu:///system', attachment, [vf]),
    ...attachmentSteps('qemu:///system', lost),
  ];
  const text = formatScript({ title: 't', guards: [], steps }, '1');
  expect(text).toContain(
    `[ "$(vf 0000:01:00.0 2)" = ${CARD} ] || fail '${CARD} is not VF 2 of 0000:01:00.0'\nplug qemu:///system ${uuidOf(1)} ${aliasOf(CARD)} '<hostdev `,
  );
  expect(text).toContain(`\nunplug qemu:///system ${uuidOf(1)} ${aliasOf(CARD)}\n`);
  expect(text).toContain('\nvf() {');
});
