import { expect, test } from 'vitest';
import { BROKEN } from '../../../lib/base/known.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import { readAssigned } from '../../../lib/libvirt/assignment/assigned-devices.ts';
import { addressOf, aliasOf } from '../../../lib/libvirt/assignment/assignment.ts';
import { withAssigned } from '../../../lib/libvirt/assignment/with-assigned.ts';
import { plainHostDevice } from '../../../lib/libvirt/hostdev/host-device.ts';
import { parseMachine } from '../../../lib/libvirt/machine/machine.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import { persistedDeviceOf } from '../../../lib/pci/persisted/persisted-device.ts';
import {
  assignmentStatuses,
  isRepairable,
  leftReason,
  repairAssignments,
  withOthers,
} from '../../../lib/plan/assignment/assignment-status.ts';
import type { DefinedMachine } from '../../../lib/plan/assignment/plan-assignment.ts';
import { domainXml, uuidOf } from '../../support/made-up-libvirt.ts';
import { readHost } from '../../support/reading.ts';

const { devices } = readHost(openHost('fixtures/lab-intel.snapshot'));
const deviceAt = (short: string): PciDevice => {
  const found = devices.find(({ address }) => address === `0000:${short}`);
  if (found === undefined) throw new Error(`nothing is at ${short}`);
  return found;
};
const [CARD, PLACE] = [deviceAt('06:00.0'), deviceAt('07:00.0')];
const OTHERS = devices.filter((device) => device !== CARD && device !== PLACE);
const placed = (device: PciDevice, { address, location }: PciDevice): PciDevice => ({
  ...device,
  address,
  location,
});

const alias = aliasOf(CARD.address);
const empty = domainXml('a', uuidOf(1), '  <devices>\n    <emulator>/q</emulator>\n  </devices>');
const whole = withAssigned(parseXml(empty, 'a'), {
  devices: [
    {
      alias,
      assignment: { alias, policy: 'exclusive', device: persistedDeviceOf(CARD, null), iommuGroup: 17 },
      device: { ...plainHostDevice(CARD.address), alias },
    },
  ],
  rootPorts: [],
});

function machine(text: string, live: string | null = null): DefinedMachine {
  const documentOf = (each: string) => {
    const document = parseXml(each, 'a');
    return { document, machine: parseMachine(document, () => undefined), unreadable: null };
  };
  return {
    name: 'a',
    uuid: uuidOf(1),
    state: 'shut-off',
    hasManagedSave: false,
    definition: documentOf(text),
    live: live === null ? null : documentOf(live),
  };
}

const noDevice = whole.replace(/ *<hostdev[\s\S]*<\/hostdev>\n/, '');
const noRecord = whole.replace(/ *<metadata>[\s\S]*<\/metadata>\n/, '');

test.each<
  [standing: string, text: string, now: readonly PciDevice[], found: string | null, repairs: boolean]
>([
  ['in-place', whole, devices, '06:00.0', false],
  ['moved', whole, [...OTHERS, placed(CARD, PLACE)], '07:00.0', true],
  ['group-changed', whole, [...OTHERS, { ...CARD, iommuGroup: 99 }], '06:00.0', true],
  ['replaced', whole, [...OTHERS, placed(PLACE, CARD)], null, false],
  ['missing', whole, OTHERS, null, false],
  ['ambiguous', whole, [...OTHERS, CARD, { ...CARD }], null, false],
  ['unknown', whole, [...OTHERS, { ...CARD, config: BROKEN }], null, false],
  ['taken-out', noDevice, devices, '06:00.0', false],
  ['unrecorded', noRecord, devices, '06:00.0', true],
  ['unrecorded', noRecord, OTHERS, null, false],
])('a device is %s', (standing, text, now, found, repairs) => {
  const [status, more] = assignmentStatuses(machine(text), now);
  expect(more).toBeUndefined();
  expect(status).toMatchObject({ standing, heldAt: null });
  expect(status?.device?.address ?? null).toBe(found === null ? null : `0000:${found}`);
  expect(status === undefined ? null : isRepairable(status)).toBe(repairs);
  // What is neither in order nor put in order is left for a reason.
  const isLeft = status !== undefined && leftReason(status, now) !== null;
  expect(isLeft).toBe(standing !== 'in-place' && !repairs);
});

test('who runs with it has it now', () => {
  const [status] = assignmentStatuses(machine(whole, whole), devices);
  expect(status?.heldAt).toBe(CARD.address);
});

test.each([
  ['moved', whole, [...OTHERS, placed(CARD, PLACE)]],
  ['group-changed', whole, [...OTHERS, { ...CARD, iommuGroup: 99 }]],
  ['unrecorded', noRecord, devices],
] as const)('what is %s is in place once it is repaired, under the same alias', (_, text, now) => {
  const before = machine(text);
  const { to } = repairAssignments(before, assignmentStatuses(before, now), now);
  const after = machine(withAssigned(before.definition.document, to));
  expect(assignmentStatuses(after, now)).toMatchObject([{ standing: 'in-place', assigned: { alias } }]);
});

test('what can not be put in order is left as it is', () => {
  const before = machine(whole);
  const { from, to, gained } = repairAssignments(before, assignmentStatuses(before, OTHERS), OTHERS);
  expect(to).toEqual(from);
  expect(gained).toEqual([]);
  expect(readAssigned(before.definition.document).devices.map(addressOf)).toEqual([CARD.address]);
});

test('what is for one machine is not as assigned where a clone has it as well', () => {
  const [original, clone] = [machine(whole), { ...machine(whole), name: 'b', uuid: uuidOf(2) }];
  const statuses = assignmentStatuses(original, devices);
  const standings = (others: readonly DefinedMachine[]) =>
    withOthers(statuses, others).map(({ standing }) => standing);
  expect(standings([])).toEqual(['in-place']);
  expect(standings([machine(empty)])).toEqual(['in-place']);
  expect(standings([clone])).toEqual(['also-elsewhere']);
  const disk = domainXml(
    'c',
    uuidOf(3),
    `<devices><disk type='nvme'><source type='pci'><address domain='0' bus='6' slot='0' function='0'/></source></disk></devices>`,
  );
  expect(standings([machine(disk)])).toEqual(['also-elsewhere']);
});
