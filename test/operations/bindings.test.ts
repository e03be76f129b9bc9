import { describe, expect, it } from 'vitest';
import { openSession } from '../../lib/operations/open-session.ts';
import { BINDING_FILES } from '../support/hosts-with-files.ts';
import { ALLOW_UNTOLD, type LabMachine, labMachine, UNTOLD_RULES } from '../support/lab-machine.ts';
import { pciOn } from '../support/pci-program.ts';
import { stateOf } from '../support/simulated-changes.ts';
import { simulatedPorts } from '../support/simulated-ports.ts';

/** A device that nothing of the host uses, and one whose use no snapshot tells. */
const FREE = '0000:07:00.0';
const NIC = '0000:06:00.0';
const RECORD = BINDING_FILES[0];

/** A machine with a persisted binding that is not in force, as after a boot in which nothing bound it. */
async function drifted(device = FREE): Promise<LabMachine> {
  const lab = labMachine();
  const host = await openSession({}, lab.ports);
  await host.apply(await host.bind({ devices: [device], persist: true, allow: UNTOLD_RULES }));
  await host.apply(await host.unbind({ devices: [device], allow: UNTOLD_RULES }));
  expect(lab.driverOf(device)).not.toBe('vfio-pci');
  return lab;
}

describe('bindings by the library', () => {
  it('are listed, restored and forgotten', async () => {
    const { machine, ports, driverOf } = await drifted();
    const host = await openSession({ pciIds: 'bundled' }, ports);
    const answer = await host.bindings();
    expect(answer).toMatchObject({
      bindings: [{ state: 'not-in-force', binding: { address: FREE } }],
      ...{ outdated: [], unrecorded: [], isDrifted: true, recovery: [], notes: [] },
    });

    const before = stateOf(machine);
    const proposal = await host.restoreBindings();
    expect([proposal.refusals, proposal.subject.left]).toEqual([[], []]);
    expect(stateOf(machine)).toBe(before);
    expect((await host.apply(proposal)).outcome).toBe('done');
    expect(driverOf(FREE)).toBe('vfio-pci');
    expect((await host.bindings()).isDrifted).toBe(false);
    expect((await host.restoreBindings()).plan.steps).toEqual([]);

    await expect(host.forgetBindings([NIC])).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
    await host.apply(await host.forgetBindings([FREE]));
    expect(machine.files.files.has(RECORD)).toBe(false);
    // It stays as it is until the next boot.
    const { bindings, unrecorded } = await host.bindings();
    expect(bindings).toEqual([]);
    expect(unrecorded).toMatchObject([{ address: FREE, driver: 'vfio-pci' }]);
  });

  it('leave what may be in use, which a preview shows', async () => {
    const { ports } = await drifted(NIC);
    const host = await openSession({}, ports);
    const proposal = await host.restoreBindings();
    expect(proposal.plan.steps).toEqual([]);
    expect(proposal.subject.left).toMatchObject([
      { address: NIC, reason: { kind: 'refused', finding: { severity: 'unknown' } } },
    ]);
    const preview = await host.restoreBindings({ preview: true });
    expect(preview.subject.left).toEqual([]);
    await expect(host.apply(preview)).rejects.toMatchObject({ code: 'DEVICE_IN_USE' });
    const allowed = await host.restoreBindings({ allow: UNTOLD_RULES });
    expect((await host.apply(allowed)).outcome).toBe('done');
    await expect(host.restoreBindings({ allow: ['nope'] })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  it('cannot be told from a record that is damaged', async () => {
    const { machine, ports } = labMachine();
    machine.files.files.set(RECORD, '{');
    const host = await openSession({}, ports);
    await expect(host.bindings()).rejects.toMatchObject({ code: 'BAD_RECORD', subject: RECORD });
    await expect(host.restoreBindings()).rejects.toMatchObject({ code: 'BAD_RECORD' });
    await expect(host.forgetBindings([FREE])).rejects.toMatchObject({ code: 'BAD_RECORD' });
  });
});

describe('pci bindings', () => {
  it('lists, checks and restores, as text and as data', async () => {
    const { machine, run, driverOf } = await drifted();
    expect((await run('bindings')).stdout).toContain('NOT IN FORCE');
    expect(await run('bindings', '--check')).toMatchObject({ exitCode: 1 });
    expect(JSON.parse((await run('bindings', '--json')).stdout)).toMatchObject({
      schema: 'portal-gun/pci-bindings/v1',
      bindings: [{ state: 'not-in-force', device: { address: FREE }, stage: 'early' }],
    });

    const before = stateOf(machine);
    const shown = await run('bindings', '--restore', '--dry-run');
    expect(shown).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('it is persisted') });
    expect(JSON.parse((await run('bindings', '--restore', '--dry-run', '--json')).stdout)).toMatchObject({
      schema: 'portal-gun/plan/v1',
      devices: [{ address: FREE, to: { driver: 'vfio-pci' } }],
      persistence: null,
    });
    expect((await run('bindings', '--restore', '--script')).stdout).toMatch(/^#!\/bin\/sh\n/);
    expect(await run('bindings', '--restore')).toMatchObject({ exitCode: 2 });
    expect(stateOf(machine)).toBe(before);

    expect(await run('bindings', '--restore', '--yes')).toMatchObject({ exitCode: 0 });
    expect(driverOf(FREE)).toBe('vfio-pci');
    expect(await run('bindings', '--check')).toMatchObject({ exitCode: 0 });
    expect(await run('bindings', '--restore', '--yes')).toMatchObject({
      exitCode: 0,
      stdout: 'All persisted bindings are in force.\nNothing to do.\n',
    });
  });

  it('leaves what may be in use and what is gone, and exits with 1', async () => {
    const { machine, run, driverOf } = await drifted(NIC);
    const refused = await run('bindings', '--restore', '--yes');
    expect(refused).toMatchObject({ exitCode: 1, stdout: 'Nothing to do.\n' });
    expect(refused.stderr).toMatch(
      /^pci: 0000:06:00.0 is left: 0000:06:00.0 cannot be checked .* \(session\)$/m,
    );
    expect(await run('bindings', '--restore', '--dry-run')).toMatchObject({ exitCode: 0 });
    expect(await run('bindings', '--restore', '--yes', ...ALLOW_UNTOLD)).toMatchObject({ exitCode: 0 });
    expect(driverOf(NIC)).toBe('vfio-pci');

    const { files } = machine.files;
    files.set(RECORD, (files.get(RECORD) ?? '').replace('8086:10d3', '8086:10d4'));
    const gone = await run('bindings', '--restore', '--yes');
    expect(gone).toMatchObject({ exitCode: 1, stdout: 'Nothing to do.\n' });
    expect(gone.stderr).toContain(`pci: ${NIC} is left: NOT FOUND: another device is at its place\n`);
  });

  it('forgets, for root', async () => {
    const { machine, run } = await drifted();
    const before = stateOf(machine);
    const user = simulatedPorts(machine, { isRoot: false });
    expect(await pciOn(user, ['bindings', '--forget', FREE, '--yes'])).toMatchObject({ exitCode: 5 });
    expect(await pciOn(user, ['bindings', '--restore', '--yes'])).toMatchObject({ exitCode: 5 });
    expect(await run('bindings', '--forget', FREE, '--dry-run')).toMatchObject({ exitCode: 0 });
    expect(stateOf(machine)).toBe(before);
    expect(JSON.parse((await run('bindings', '--forget', FREE, '--dry-run', '--json')).stdout)).toMatchObject(
      {
        ...{ devices: [], staying: [] },
        persistence: { bindings: [], ended: [{ address: FREE }] },
      },
    );
    expect(await run('bindings', '--forget', FREE, '--yes')).toMatchObject({ exitCode: 0 });
    expect((await run('bindings')).stdout).toContain('No bindings are persisted');
  });

  it('does the same by the verbs of sriov', async () => {
    const { machine, run, driverOf } = await drifted();
    const before = stateOf(machine);
    for (const [verb, older] of [
      [['list'], []],
      [
        ['list', '--check', '--json'],
        ['--check', '--json'],
      ],
      [
        ['restore', '--dry-run', '--json'],
        ['--restore', '--dry-run', '--json'],
      ],
      [
        ['forget', FREE, '-n'],
        ['--forget', FREE, '-n'],
      ],
    ] as const) {
      expect(await run('bindings', ...verb)).toEqual(await run('bindings', ...older));
    }
    expect(await run('bindings', 'restore', '--check')).toMatchObject({ exitCode: 1 });
    expect(stateOf(machine)).toBe(before);
    expect(await run('bindings', 'restore', '--yes')).toMatchObject({ exitCode: 0 });
    expect(driverOf(FREE)).toBe('vfio-pci');
    expect(await run('bindings', 'restore', '--check')).toMatchObject({ exitCode: 0 });
    expect(await run('bindings', 'list', '--check')).toMatchObject({ exitCode: 0 });
    expect(await run('bindings', 'forget', FREE, '--yes')).toMatchObject({ exitCode: 0 });
    expect(machine.files.files.has(RECORD)).toBe(false);
  });

  it.each([
    [['bindings', 'forget'], 2],
    [['bindings', 'forget', FREE], 3],
    [['bindings', 'frobnicate'], 2],
    [['bindings', '--restore', '--forget', FREE], 2],
    [['bindings', '--forget', FREE], 3],
    [['bindings', '--restore', '--allow', 'nope'], 2],
  ])('%j exits with %i', async (args, exitCode) => {
    expect(await labMachine().run(...args)).toMatchObject({ exitCode });
  });
});
