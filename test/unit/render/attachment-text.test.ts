import { expect, test } from 'vitest';
import { openHost } from '../../../lib/host/open-host.ts';
import { heldUntilItEnds } from '../../../lib/plan/assignment/assignment-status.ts';
import { assignmentTitle } from '../../../lib/plan/assignment/assignment-title.ts';
import { attachAll, detachFrom, runningMachines } from '../../../lib/plan/assignment/plan-attachment.ts';
import { plainStyle } from '../../../lib/render/layout/style.ts';
import { renderAssignmentList } from '../../../lib/render/machine/assignment-list.ts';
import { renderAttachments } from '../../../lib/render/machine/attachment-text.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { CARD, livePlan, toAssign } from '../../support/live-plans.ts';
import { simulateMachine } from '../../support/simulated-changes.ts';

const host = simulateMachine(openHost('fixtures/lab-intel.snapshot'));
host.libvirt.start();
const machine = host.libvirt.machine();
const running = runningMachines([machine]);
const off = { ...machine, name: 'galaxy1\u001b[31m', state: 'shut-off', live: null } as const;
const NOTHING = { devices: [], rootPorts: [] };
const attachments = attachAll(
  running.map((each) => ({ machine: each, devices: [toAssign(host)], defined: NOTHING })),
  running,
);

test.each([40, 80, null])('what happens now is told in %s columns', (width) => {
  const text = renderAttachments(attachments, [off], width);
  expect(text.replaceAll(/\s+/g, ' ').trim()).toBe(
    `galaxy0 now + ${CARD} at 01:00.0 galaxy1\\x1b[31m now no change: it is off`,
  );
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width ?? 1000);
});

test('a plan is called by whom it changes, and whether they run', () => {
  expect(assignmentTitle('assign', ['01:00.0'], [], attachments)).toBe('Attach 01:00.0 to galaxy0 (running)');
  const both = [...attachments, ...attachments];
  expect(assignmentTitle('unassign', ['01:00.0', '01:00.1'], [], both)).toBe(
    'Detach 01:00.0 and 01:00.1 from 2 VMs (running)',
  );
  expect(assignmentTitle('unassign', ['a', 'b', 'c'], [], both)).toBe(
    'Detach 3 devices from 2 VMs (running)',
  );
});

test('what a machine has until it ends is listed beside what it is given', async () => {
  const [step] = livePlan(host, 'plug').steps.filter(({ change }) => change.kind === 'attachment');
  if (step?.change.kind !== 'attachment' || step.change.to === null) throw new Error('there is one');
  const plan = { title: 't', guards: [], steps: [step] };
  await applyPlan(plan, host, { startedAt: '2026-11-22T07:00:00.000Z', bootId: null });
  const now = host.libvirt.machine();
  const passing = heldUntilItEnds(now).map((assigned) => ({ assigned, device: toAssign(host).device }));
  const text = renderAssignmentList(
    { machines: [{ machine: now, statuses: [], passing }], unknown: 0 },
    null,
    plainStyle,
  );
  expect(text).toMatch(
    /^ *galaxy0 +0000:07:00\.0 .* has it now +until the VM stops: not in its definition$/m,
  );
  expect(text).toContain('\n0 assignments to 0 VMs, 1 until the VM stops.\n');
  const [after] = runningMachines([now]);
  if (after === undefined) throw new Error('it runs');
  const lost = detachFrom(after, () => true);
  expect(renderAttachments([lost], [], null)).toContain(`- ${CARD}`);
});
