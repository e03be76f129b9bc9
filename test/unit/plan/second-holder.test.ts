import { expect, test } from 'vitest';
import { openHost } from '../../../lib/host/open-host.ts';
import type { AssignmentPolicy } from '../../../lib/libvirt/assignment/assignment.ts';
import { withAssigned } from '../../../lib/libvirt/assignment/with-assigned.ts';
import { plainHostDevice } from '../../../lib/libvirt/hostdev/host-device.ts';
import { type KnownMachine, readMachines } from '../../../lib/libvirt/machine/read-machines.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import { NO_NAMES } from '../../../lib/pci/pci-ids.ts';
import {
  assignTo,
  type DefinedMachine,
  refuseSecondHolder,
} from '../../../lib/plan/assignment/plan-assignment.ts';
import { ALL_FIELDS, readInventory } from '../../../lib/sysfs/device/read-inventory.ts';
import { domainXml, MadeUpLibvirt, uuidOf } from '../../support/made-up-libvirt.ts';

const { devices } = readInventory(openHost('fixtures/gpu-desktop.snapshot'), NO_NAMES, ALL_FIELDS);
const [CARD, OTHER] = ['0000:02:00.0', '0000:03:00.0'].map((address) =>
  devices.find((device) => device.address === address),
) as [PciDevice, PciDevice];

const given = (device: PciDevice, policy: AssignmentPolicy) => ({
  ...{ device, policy, asked: true },
  handed: plainHostDevice(device.address),
});

const empty = (name: string, number: number): string =>
  domainXml(name, uuidOf(number), "<devices><controller type='pci' model='pcie-root'/></devices>");

async function machinesOf(...definitions: readonly string[]): Promise<readonly KnownMachine[]> {
  const made = definitions.map((definition, index) => ({ uuid: uuidOf(index + 1), definition }));
  return (await readMachines(new MadeUpLibvirt(made), 'look')).machines;
}

/** A machine that was given the card, and one that was not. */
async function pair(policy: AssignmentPolicy, spoil: (text: string) => string = (text) => text) {
  const [holder] = await machinesOf(empty('holder', 1));
  const { machine, to } = assignTo(holder as DefinedMachine, [given(CARD, policy)]);
  const text = spoil(withAssigned(machine.definition.document, to));
  const all = await machinesOf(text, empty('taker', 2));
  return { all, takers: all.filter(({ name }) => name === 'taker') };
}

test.each([
  ['shared', 'shared', null],
  ['shared', 'exclusive', 'is already assigned to holder, and only one VM may have it'],
  ['exclusive', 'shared', 'is assigned only to holder (--policy exclusive)'],
] as const)('what is %s and is asked for as %s: %s', async (policy, asked, refusal) => {
  const { all, takers } = await pair(policy);
  const attempt = () => refuseSecondHolder([given(CARD, asked)], takers, all);
  if (refusal === null) attempt();
  else expect(attempt).toThrow(expect.objectContaining({ code: 'ASSIGNED_ELSEWHERE', message: refusal }));
});

test.each(['shared', 'exclusive'] as const)(
  'what a machine may have alone that can not be read is given to no other: %s',
  async (asked) => {
    const { all, takers } = await pair('exclusive', (text) => text.replace('policy="exclusive"', ''));
    expect(() => refuseSecondHolder([given(CARD, asked)], takers, all)).toThrow(
      expect.objectContaining({
        code: 'ASSIGNED_ELSEWHERE',
        subject: CARD.address,
        message: expect.stringMatching(
          /^may be assigned only to holder: its assignment record cannot be read \(holder:\d+:\d+\)$/,
        ),
        hint: expect.stringContaining('virsh edit holder'),
      }),
    );
    // It keeps nobody from what it does not have.
    refuseSecondHolder([given(OTHER, asked)], takers, all);
  },
);
