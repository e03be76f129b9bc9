import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openHost } from '../../../lib/host/open-host.ts';
import { withAssigned } from '../../../lib/libvirt/assignment/with-assigned.ts';
import { plainHostDevice } from '../../../lib/libvirt/hostdev/host-device.ts';
import { readMachines } from '../../../lib/libvirt/machine/read-machines.ts';
import { planTagging } from '../../../lib/libvirt/machine/tag-machines.ts';
import type { PciDevice } from '../../../lib/pci/device.ts';
import type { PassthroughNote } from '../../../lib/pci/group/passthrough.ts';
import { PciIdsNames } from '../../../lib/pci/pci-ids.ts';
import type { LeftDevice } from '../../../lib/plan/assignment/assignment-rules.ts';
import { assignmentStatuses } from '../../../lib/plan/assignment/assignment-status.ts';
import { assignmentTitle } from '../../../lib/plan/assignment/assignment-title.ts';
import {
  assignmentSteps,
  assignTo,
  type DefinedMachine,
  type MachineAssignment,
  unassignFrom,
} from '../../../lib/plan/assignment/plan-assignment.ts';
import { renderProposal } from '../../../lib/render/change/plan-text.ts';
import { plainStyle } from '../../../lib/render/layout/style.ts';
import textWidth from '../../../lib/render/layout/text-width.ts';
import { renderAssignmentList } from '../../../lib/render/machine/assignment-list.ts';
import { renderAssignments } from '../../../lib/render/machine/assignment-text.ts';
import { renderLeft } from '../../../lib/render/machine/distribution-text.ts';
import { renderMachines } from '../../../lib/render/machine/machine-list.ts';
import { renderTagging } from '../../../lib/render/machine/tagging-text.ts';
import { renderVfPool } from '../../../lib/render/sriov/vf-pool-text.ts';
import { ALL_FIELDS, readInventory } from '../../../lib/sysfs/device/read-inventory.ts';
import { domainXml, MadeUpLibvirt, tagXml, uuidOf } from '../../support/made-up-libvirt.ts';
import { simulateMachine } from '../../support/simulated-changes.ts';
import { NETWORK_PF, proposeVfs } from '../../support/vf-plans.ts';

// What is said of machines and their devices, whatever they are called. After a change that is meant:
// UPDATE_GOLDEN=1 npx vitest run test/unit/render/assignments.test.ts, and read the difference.

const HOST = openHost('fixtures/lab-intel.snapshot');
const NAMES = new PciIdsNames(readFileSync('lib/pci/pci.ids'), 'pci.ids');
const { devices: ALL } = readInventory(HOST, NAMES, ALL_FIELDS);
const PAIR = ['0000:03:00.0', '0000:03:00.1'].map((address) =>
  ALL.find((device) => device.address === address),
) as [PciDevice, PciDevice];

const PLAIN = ['galaxy0', 'star router'];
const HOSTILE = [
  '\u009b31mred\u202eder',
  'x'.repeat(200),
  'ルーター'.repeat(12),
  '-rf $(reboot)',
  `a'"\\b`,
  '<&amp;>'.replaceAll('&amp;', '&'),
];

const NOTE = {
  code: 'rom-hidden',
  message:
    "its ROM is hidden from the guest (rom bar='off'): \u009b2Jit is only needed to boot over the network",
} as unknown as PassthroughNote;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Machines of these names, some of which run; with what they were given, where any. */
async function machinesOf(
  names: readonly string[],
  spoil: (text: string, index: number) => string = (text) => text,
): Promise<readonly DefinedMachine[]> {
  const made = names.map((name, index) => {
    const uuid = uuidOf(index + 1);
    const text = domainXml(
      escaped(name),
      uuid,
      `${tagXml('router')}<devices><controller type='pci' index='0' model='pcie-root'/></devices>`,
    );
    const definition = spoil(text, index);
    return { uuid, definition, ...(index % 2 === 0 ? {} : { live: text, state: 'running' as const }) };
  });
  const { machines } = await readMachines(new MadeUpLibvirt(made), 'look');
  return machines.filter((each): each is DefinedMachine => each.definition !== null);
}

const toAssign = (device: PciDevice, asked: boolean) => ({
  ...{ device, asked, policy: 'shared' as const, notes: [NOTE] },
  handed: plainHostDevice(device.address),
});
const DEVICES = [toAssign(PAIR[0], true), toAssign(PAIR[1], false)];

async function given(names: readonly string[]): Promise<readonly DefinedMachine[]> {
  const before = await machinesOf(names);
  const texts = new Map(
    before.map((machine) => [
      machine.uuid,
      withAssigned(machine.definition.document, assignTo(machine, DEVICES).to),
    ]),
  );
  return machinesOf(names, (text, index) => texts.get(uuidOf(index + 1)) ?? text);
}

type Render = (names: readonly string[], width: number | null) => Promise<string>;

function plan(
  action: 'assign' | 'unassign',
  devices: typeof DEVICES,
  machines: readonly MachineAssignment[],
  width: number | null,
): string {
  const proposal = {
    plan: {
      title: assignmentTitle(
        action,
        DEVICES.map(({ device }) => device.address),
        machines,
      ),
      guards: [],
      steps: machines.flatMap((each) => assignmentSteps('qemu:///system', each)),
    },
    findings: [],
    allowed: new Set<string>(),
  };
  return renderProposal(proposal, renderAssignments(devices, machines, width), width, plainStyle);
}

const TEXTS: Readonly<Record<string, Render>> = {
  assign: async (names, width) => {
    const machines = await machinesOf(names);
    return plan(
      'assign',
      DEVICES,
      machines.map((machine) => assignTo(machine, DEVICES)),
      width,
    );
  },
  unassign: async (names, width) => {
    const machines = (await given(names)).map((machine) => unassignFrom(machine, () => true));
    return plan('unassign', [], machines, width);
  },
  assignments: async (names, width) => {
    const listed = (await given(names)).map((machine, index) => ({
      machine,
      statuses: assignmentStatuses(machine, index % 2 === 0 ? ALL : ALL.slice(0, 2)),
      passing: [],
    }));
    return renderAssignmentList({ machines: listed, unknown: 1 }, width, plainStyle);
  },
  'assign --by-rules': async (names, width) => {
    const left = ALL.map((device, index): LeftDevice => {
      const name = names[index % names.length] ?? '';
      return index % 3 === 0
        ? { device, code: 'rule', reason: 'the rules leave it to the host' }
        : { device, code: 'in-use', reason: `contains the root file system: ${name} on /` };
    });
    return `Stays with the host:\n${renderLeft(left, width)}`;
  },
  'assign --policy vf-pool': async (names, width) => {
    const machines = await machinesOf(names);
    const vfs = await proposeVfs(simulateMachine(HOST), NETWORK_PF, { count: Math.min(7, names.length) });
    const pooled = machines.map((machine, index) => ({
      ...assignTo(machine, [toAssign(PAIR[0], true)]),
      vf: { address: PAIR[0].address, pf: NETWORK_PF, index },
      isMade: true,
    }));
    return renderVfPool(
      { vfs, machines: pooled, attachments: [] },
      [],
      [`at the next boot ${NETWORK_PF} has no VFs`],
      width,
    );
  },
  'portal tag': async (names, width) => {
    const taggings = (await machinesOf(names)).map((machine) => planTagging(machine, 'service'));
    return renderTagging(taggings, 'service', false, width);
  },
  'portal list': async (names, width) =>
    renderMachines(await given(names), { width, header: true, style: plainStyle, summary: true }),
};

const packed = (text: string): string => text.replaceAll(/\s+/g, '');

describe.each(Object.entries(TEXTS))('the text of %s', (title, render) => {
  it.each([40, 60, 80, 120])('fits in %i columns, whatever machines are called', async (width) => {
    for (const names of [PLAIN, HOSTILE, ...HOSTILE.slice(0, 3).map((name) => [name])]) {
      const text = await render(names, width);
      expect(text.split('\n').filter((line) => textWidth(line) > width)).toEqual([]);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      // A list is cut, a plan is not.
      if (title !== 'portal list') {
        expect(packed(text)).toContain(packed(await render(names, null)).slice(0, 40));
      }
    }
  });

  it('is what it was', async () => {
    const parts: string[] = [];
    for (const width of [80, 40]) parts.push(`--- ${width} columns\n${await render(PLAIN, width)}`);
    parts.push(`--- 80 columns, odd names\n${await render(HOSTILE, 80)}`);
    const file = join(import.meta.dirname, 'golden', `${title.replaceAll(/[ -]+/g, '-')}.txt`);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, parts.join('\n'));
    expect(parts.join('\n')).toBe(readFileSync(file, 'utf8'));
  });
});
