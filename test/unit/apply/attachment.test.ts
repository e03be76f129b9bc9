import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { observe } from '../../../lib/apply/change-makers.ts';
import { readJournals } from '../../../lib/apply/journal/journal.ts';
import { recover } from '../../../lib/apply/recover.ts';
import { Problem } from '../../../lib/base/problem.ts';
import { openHost } from '../../../lib/host/open-host.ts';
import type { AttachmentChange } from '../../../lib/plan/changes/machine/attachment.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { FaultyHost, Killed } from '../../support/faults.ts';
import { CARD, livePlan } from '../../support/live-plans.ts';
import { type SimulatedMachine, simulateMachine } from '../../support/simulated-changes.ts';
import { ownAddresses } from '../../support/simulated-libvirt.ts';

const OCCASION = { startedAt: '2026-11-22T07:00:00.000Z', bootId: 'a-boot' };
let host: SimulatedMachine;

beforeEach(() => {
  host = simulateMachine(openHost('fixtures/lab-intel.snapshot'));
  host.libvirt.start();
});

afterEach(() => vi.useRealTimers());

const changeOf = (what: 'plug' | 'unplug'): AttachmentChange => {
  const changes = livePlan(host, what).steps.map(({ change }) => change);
  return changes.find((change) => change.kind === 'attachment') as AttachmentChange;
};

const plugged = (): readonly string[] => ownAddresses(host.libvirt.live);
const given = (): readonly string[] => ownAddresses(host.libvirt.definition);

test('what runs gets a device after its definition, by the same name, and loses it', async () => {
  const plan = livePlan(host, 'plug');
  expect(plan.steps.map(({ change }) => change.kind)).toEqual(['assignment', 'attachment']);
  expect(plan.steps.map(({ words }) => words)).toEqual([
    `galaxy0: add ${CARD}`,
    `galaxy0: attach ${CARD} while it runs, at 01:00.0`,
  ]);
  expect(await applyPlan(plan, host, OCCASION)).toMatchObject({ outcome: 'done' });
  expect([given(), plugged()]).toEqual([[CARD], [CARD]]);
  expect(livePlan(host, 'plug').steps).toEqual([]);
  expect(await applyPlan(livePlan(host, 'unplug'), host, OCCASION)).toMatchObject({ outcome: 'done' });
  expect([given(), plugged()]).toEqual([[], []]);
});

test('a plan takes one process of virsh, which ends with it', async () => {
  for (const what of ['plug', 'unplug'] as const) {
    const plan = livePlan(host, what);
    const before = host.libvirt.processes;
    expect(await applyPlan(plan, host, OCCASION)).toMatchObject({ outcome: 'done' });
    expect([what, host.libvirt.processes - before, host.libvirt.openProcesses]).toEqual([what, 1, 0]);
  }
});

test('the definition is as it was where libvirt refused to attach it', async () => {
  host.libvirt.failure = ([verb]) => (verb === 'attach-device' ? 'unsupported configuration: no' : null);
  const report = await applyPlan(livePlan(host, 'plug'), host, OCCASION);
  expect(report.outcome).toBe('undone');
  expect(report.steps[1]?.problem).toBe('libvirt refused to attach it: unsupported configuration: no');
  expect([given(), plugged()]).toEqual([[], []]);
});

test('a guest that does not let go of it is asked again, waited for, and told of; the definition is as it was', async () => {
  await applyPlan(livePlan(host, 'plug'), host, OCCASION);
  host.libvirt.letsGo = false;
  host.libvirt.ran.length = 0;
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const applying = applyPlan(livePlan(host, 'unplug'), host, OCCASION);
  await vi.runAllTimersAsync();
  const report = await applying;
  expect(report.outcome).toBe('undone');
  expect(report.steps[1]?.problem).toMatch(/^its guest did not release it within 30 s: /);
  expect(host.libvirt.ran.filter(([verb]) => verb === 'detach-device-alias')).toHaveLength(6);
  expect([given(), plugged()]).toEqual([[CARD], [CARD]]);
});

test('one that lets go of it late has done so', async () => {
  await applyPlan(livePlan(host, 'plug'), host, OCCASION);
  host.libvirt.letsGo = false;
  let asked = 0;
  host.libvirt.failure = ([verb]) => {
    if (verb === 'detach-device-alias') asked += 1;
    host.libvirt.letsGo = asked > 1;
    return null;
  };
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const applying = applyPlan(livePlan(host, 'unplug'), host, OCCASION);
  await vi.runAllTimersAsync();
  expect(await applying).toMatchObject({ outcome: 'done' });
  expect(asked).toBe(2);
});

test('what a libvirt says that does not ask the guest at all is told at once', async () => {
  await applyPlan(livePlan(host, 'plug'), host, OCCASION);
  host.libvirt.failure = ([verb]) => (verb === 'detach-device-alias' ? 'no hotplug there' : null);
  expect(await (await observe(host, changeOf('unplug'))).reach('to')).toEqual(
    new Problem('UNPLUG_REFUSED', 'libvirt refused to detach it: no hotplug there'),
  );
});

test('a machine that ended meanwhile gets nothing, and has nothing to be put back', async () => {
  const plug = changeOf('plug');
  await applyPlan(livePlan(host, 'plug'), host, OCCASION);
  const unplug = changeOf('unplug');
  // What is told of it then is its definition, which gives the device.
  host.libvirt.live = null;
  expect(await (await observe(host, plug)).isAt('to')).toBe(false);
  expect(await (await observe(host, plug)).reach('to')).toEqual(
    new Problem('NOT_RUNNING', 'it is no longer running'),
  );
  expect(await (await observe(host, plug)).isAt('from')).toBe(true);
  expect(await (await observe(host, unplug)).isAt('to')).toBe(true);
  expect(await (await observe(host, unplug)).isAt('from')).toBe(true);
  expect(await (await observe(host, unplug)).reach('from')).toBe(null);
  host.libvirt.failure = ([verb]) => (verb === 'dumpxml' ? 'failed to get domain' : null);
  expect(await (await observe(host, plug)).isAt('from')).toBe(true);
  host.libvirt.failure = ([verb]) => (verb === 'dumpxml' ? 'Cannot recv data: Connection reset' : null);
  expect(await (await observe(host, plug)).isAt('from')).toBe(false);
  expect(await (await observe(host, plug)).reach('to')).toEqual(
    new Problem('DOCUMENT_UNREADABLE', 'cannot read its current devices: Cannot recv data: Connection reset'),
  );
});

test('another device by the same name is left', async () => {
  const plug = changeOf('plug');
  await (await observe(host, plug)).reach('to');
  host.libvirt.live = host.libvirt.live?.replace(/(bus=.0x0)7/, '$16') ?? null;
  expect(await (await observe(host, plug)).isAt('to')).toBe(false);
  expect(await (await observe(host, plug)).reach('to')).toEqual(
    new Problem('ALIAS_TAKEN', 'its alias is already used for 0000:06:00.0'),
  );
});

test.each(['undo', 'finish'] as const)('after a kill while it is plugged in: %s', async (recovery) => {
  const plan = livePlan(host, 'plug');
  const faults = new Map<number, 'kills-after'>();
  const calls = host.libvirt.ran;
  const faulty = new FaultyHost(host, faults);
  host.libvirt.failure = ([verb]) => {
    if (verb === 'attach-device') faults.set(faulty.calls, 'kills-after');
    return null;
  };
  await expect(applyPlan(plan, faulty.host, OCCASION)).rejects.toThrow(Killed);
  expect(calls.some(([verb]) => verb === 'attach-device')).toBe(true);
  const [left] = await readJournals(host.files);
  if (left === undefined) throw new Error('there is a journal');
  const report = await recover(left, host, 'a-boot', recovery);
  expect(report.outcome).toBe(recovery === 'undo' ? 'undone' : 'done');
  const after = recovery === 'undo' ? [] : [CARD];
  expect([given(), plugged()]).toEqual([after, after]);
});

test('after another boot there is nothing to put back of what ran', async () => {
  await applyPlan(livePlan(host, 'plug'), host, OCCASION);
  host.libvirt.letsGo = false;
  const plan = livePlan(host, 'unplug');
  const faulty = new FaultyHost(host, new Map());
  host.libvirt.failure = ([verb]) => {
    if (verb === 'detach-device-alias') throw new Killed();
    return null;
  };
  await expect(applyPlan(plan, faulty.host, OCCASION)).rejects.toThrow(Killed);
  const [left] = await readJournals(host.files);
  if (left === undefined) throw new Error('there is a journal');
  host.libvirt.live = null;
  host.libvirt.ran.length = 0;
  expect(await recover(left, host, 'another-boot', 'undo')).toMatchObject({ outcome: 'undone' });
  expect(host.libvirt.ran.some((command) => command.includes('--live'))).toBe(false);
  expect(given()).toEqual([CARD]);
});
