import { describe, expect, it } from 'vitest';
import { PortalGunError } from '../../lib/base/errors.ts';
import { openSession } from '../../lib/operations/open-session.ts';
import { Killed } from '../support/faults.ts';
import { BINDING_FILES, VFS_RECORD } from '../support/hosts-with-files.ts';
import { ALLOW_UNTOLD, killedAt, type LabMachine, labMachine, UNTOLD_RULES } from '../support/lab-machine.ts';
import { fixture, pciOn } from '../support/pci-program.ts';
import { stateOf } from '../support/simulated-changes.ts';
import { simulatedPorts } from '../support/simulated-ports.ts';
import { NETWORK_PF, NVME_PF } from '../support/vf-plans.ts';

const FREE = '0000:07:00.0';
const TITLE = 'Bind group 18 to vfio-pci: 1 device';
const NOTHING = 'No interrupted changes: nothing to recover.\n';

/** A machine on which a program was killed while it bound a device, and how it was before. */
async function cutShort(): Promise<LabMachine & { readonly before: string }> {
  const lab = labMachine();
  // The module stays loaded: nothing says whether others use it by now.
  lab.machine.kernel.loadDriver('vfio-pci');
  const before = stateOf(lab.machine);
  const host = await openSession({}, killedAt(lab.ports, 1));
  await expect(host.apply(await host.bind({ devices: [FREE] }))).rejects.toThrow(Killed);
  expect(stateOf(lab.machine)).not.toBe(before);
  return { ...lab, before };
}

describe('a change that was cut short', () => {
  it('is told of, stops others, and is undone by the library', async () => {
    const { machine, ports, before } = await cutShort();
    const host = await openSession({ pciIds: 'bundled' }, ports);
    const { changes, notes } = await host.journals();
    expect(changes).toMatchObject([{ title: TITLE, standing: 'cut-short' }]);
    expect(notes).toEqual([expect.stringContaining('was interrupted: a recovery is pending')]);
    await expect(host.apply(await host.setVfs({ pf: NVME_PF, vfs: 1 }))).rejects.toMatchObject({
      code: 'RECOVERY_NEEDED',
    });
    const steps: number[] = [];
    const ended = await host.recover({ onStep: (_left, index) => void steps.push(index) });
    expect(ended).toMatchObject({
      recovery: 'undo',
      changes: [{ left: { plan: { title: TITLE } }, report: { outcome: 'undone' } }],
      ...{ missing: [], leftBound: [], notes: [] },
    });
    expect(steps.length).toBeGreaterThan(0);
    expect(stateOf(machine)).toBe(before);
    expect((await host.recover()).changes).toEqual([]);
    expect((await host.journals()).changes).toEqual([]);
  });

  it('is finished by the library', async () => {
    const { ports, driverOf } = await cutShort();
    const host = await openSession({}, ports);
    expect(await host.recover({ finish: true })).toMatchObject({
      recovery: 'finish',
      changes: [{ report: { outcome: 'done' } }],
    });
    expect(driverOf(FREE)).toBe('vfio-pci');
  });

  it('is undone by pci recover, and then there is nothing more', async () => {
    const { machine, run, before } = await cutShort();
    expect(await run('sriov', 'set', NVME_PF, '--vfs', '1', '--yes')).toMatchObject({ exitCode: 4 });
    expect((await run('bindings')).stderr).toContain('was interrupted: a recovery is pending');
    const { exitCode, stdout, stderr } = await run('recover');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toContain(`"${TITLE}" is undone.\n`);
    expect(stateOf(machine)).toBe(before);
    expect(await run('recover')).toMatchObject({ exitCode: 0, stdout: NOTHING, stderr: '' });
  });

  it('is finished by pci recover --finish, as data', async () => {
    const { run, driverOf } = await cutShort();
    const { exitCode, stdout, stderr } = await run('recover', '--finish', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'portal-gun/recover/v1',
      recovery: 'finish',
      changes: [{ title: TITLE, report: { outcome: 'done' } }],
      ...{ missing: [], leftBound: [] },
    });
    expect(stderr).toContain(`"${TITLE}" is finished.\n`);
    expect(driverOf(FREE)).toBe('vfio-pci');
  });

  it('is not confirmed', async () => {
    const { ports, run } = await cutShort();
    expect(await run('confirm')).toMatchObject({ exitCode: 4 });
    const host = await openSession({}, ports);
    await expect(host.confirm()).rejects.toMatchObject({ code: 'RECOVERY_NEEDED' });
  });

  it('is for root to end, who has the lock', async () => {
    const { machine, ports } = await cutShort();
    const before = stateOf(machine);
    const user = simulatedPorts(machine, { isRoot: false });
    expect(await pciOn(user, ['recover'])).toMatchObject({ exitCode: 5 });
    expect(await pciOn(user, ['confirm'])).toMatchObject({ exitCode: 5 });
    let open = 0;
    const locked = {
      ...ports,
      async lock(): Promise<never> {
        throw new PortalGunError('HOST_LOCKED', 'is held', { subject: '/run/portal-gun/lock' });
      },
      async openWriter() {
        const writer = await ports.openWriter();
        open += 1;
        return {
          ...writer,
          close: () => {
            open -= 1;
          },
        };
      },
    };
    for (const command of ['recover', 'confirm']) {
      const { exitCode, stderr } = await pciOn(locked, [command]);
      expect({ exitCode, open }).toEqual({ exitCode: 4, open: 0 });
      expect(stderr).toContain('is held [HOST_LOCKED]');
    }
    expect(stateOf(machine)).toBe(before);
  });

  it('of a captured host is not ended', async () => {
    const host = await openSession({ host: fixture('lab-intel') }, labMachine().ports);
    await expect(host.recover()).rejects.toMatchObject({ code: 'BAD_ARGUMENT', subject: '--host' });
    await expect(host.confirm()).rejects.toMatchObject({ code: 'BAD_ARGUMENT', subject: '--host' });
  });

  it.each([[['--finish', '--unconfirmed', 'a']], [['--restore', '--unconfirmed', 'a']]])(
    '%j do not go together',
    async (args) => {
      expect(await labMachine().run('recover', ...args)).toMatchObject({ exitCode: 2 });
    },
  );
});

describe('a change that awaits confirmation', () => {
  const bind = ['bind', FREE, '--yes', '--confirm-within', '60s', ...ALLOW_UNTOLD];

  it('is kept by pci confirm, and there is nothing more to confirm', async () => {
    const { ports, run, driverOf } = labMachine();
    expect(await run(...bind)).toMatchObject({ exitCode: 0 });
    expect(ports.started.flat()).toContain('--unconfirmed');
    const host = await openSession({}, ports);
    expect((await host.journals()).changes).toMatchObject([{ standing: 'awaiting' }]);
    expect(await run('confirm')).toMatchObject({
      exitCode: 0,
      stdout: `"${TITLE}" is confirmed and stays in effect.\n`,
    });
    expect(driverOf(FREE)).toBe('vfio-pci');
    expect(await run('confirm')).toMatchObject({ exitCode: 3 });
    await expect(host.confirm()).rejects.toMatchObject({ code: 'NOTHING_TO_CONFIRM' });
  });

  it('is kept by the library', async () => {
    const { ports, driverOf } = labMachine();
    const host = await openSession({}, ports);
    const report = await host.apply(await host.bind({ devices: [FREE] }), { confirmWithinMs: 60_000 });
    expect(report).toMatchObject({ outcome: 'done', awaitsConfirmation: true });
    expect(await host.confirm()).toMatchObject([{ plan: { title: TITLE } }]);
    expect(driverOf(FREE)).toBe('vfio-pci');
  });

  it('is confirmed as data', async () => {
    const { run } = labMachine();
    await run(...bind);
    expect(JSON.parse((await run('confirm', '--json')).stdout)).toMatchObject({
      schema: 'portal-gun/confirm/v1',
      changes: [{ title: TITLE }],
    });
  });

  it('is undone by its watchdog once it is overdue', async () => {
    const { machine, run, driverOf } = labMachine();
    await run(...bind);
    const [journal] = [...machine.files.files.keys()].filter((path) => path.includes('/journal/'));
    const id = /([^/]+)\.jsonl$/.exec(journal ?? '')?.[1] ?? '';
    machine.files.files.set('/proc/uptime', '500.00 90.00\n');
    expect((await run('bindings')).stderr).toContain('was not confirmed in time');
    expect(await run('recover', '--unconfirmed', 'another')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(driverOf(FREE)).toBe('vfio-pci');
    expect(await run('recover', '--unconfirmed', id)).toMatchObject({ exitCode: 0, stdout: '' });
    expect(driverOf(FREE)).toBe(null);
  });
});

describe('what is persisted and not in force', () => {
  /** As after a boot in which nothing was restored. */
  async function afterBoot(): Promise<LabMachine> {
    const lab = labMachine();
    const host = await openSession({}, lab.ports);
    const allow = UNTOLD_RULES;
    await host.apply(await host.setVfs({ pf: NETWORK_PF, vfs: 2, persist: true }));
    await host.apply(await host.bind({ devices: [FREE], persist: true }));
    await host.apply(await host.unbind({ devices: [FREE], allow }));
    await host.apply(await host.setVfs({ pf: NETWORK_PF, vfs: 0, allow }));
    return lab;
  }

  it('is told of by recover, as text, as data and by the library', async () => {
    const { ports, run } = await afterBoot();
    const { exitCode, stdout } = await run('recover');
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      `${NOTHING}Persisted, but not in force in this boot:\n` +
        `  ${NETWORK_PF}  VFs  not-in-force\n  ${FREE}  binding  not-in-force\n` +
        'To restore it: pci recover --restore\n',
    );
    const missing = [
      { kind: 'vfs', address: NETWORK_PF, state: 'not-in-force' },
      { kind: 'binding', address: FREE, state: 'not-in-force' },
    ];
    expect(JSON.parse((await run('recover', '--json')).stdout)).toMatchObject({ missing });
    expect((await (await openSession({}, ports)).recover()).missing).toEqual(missing);
  });

  it('is put in force by recover --restore, VFs first', async () => {
    const { run, driverOf, vfsOf } = await afterBoot();
    const { exitCode, stdout, stderr } = await run('recover', '--restore');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: NOTHING });
    expect(stderr.indexOf('Restore the persisted VFs')).toBeLessThan(stderr.indexOf(TITLE));
    expect([vfsOf(NETWORK_PF), driverOf(FREE)]).toEqual([2, 'vfio-pci']);
    const again = await run('recover', '--restore');
    expect(again).toMatchObject({ exitCode: 0, stdout: NOTHING });
    expect(again.stderr).toContain('All persisted bindings are in force.\n');
  });

  it('is put in force by the command of the service, VFs first, and nothing is done again', async () => {
    const { run, driverOf, vfsOf } = await afterBoot();
    const { exitCode, stdout, stderr } = await run('restore');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr.indexOf(`done  ${NETWORK_PF}: `)).toBeGreaterThan(-1);
    expect(stderr.indexOf(`done  ${NETWORK_PF}: `)).toBeLessThan(stderr.indexOf(`done  ${FREE}: `));
    expect([vfsOf(NETWORK_PF), driverOf(FREE)]).toEqual([2, 'vfio-pci']);
    expect(await run('restore')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '1 PF with persisted VFs, all in force.\nAll persisted bindings are in force.\n',
    });
  });

  it.each([
    ['is damaged', '{', 2],
    ['is of a PF that is gone', null, 1],
  ])('is bound at a boot also if the record of VFs %s', async (_, text, exitCode) => {
    const { machine, run, driverOf, vfsOf } = await afterBoot();
    const { files } = machine.files;
    const record = VFS_RECORD;
    files.set(record, text ?? (files.get(record) ?? '').replaceAll('8086:10c9', '8086:10ca'));
    const restored = await run('restore');
    expect(restored, restored.stderr).toMatchObject({ exitCode, stdout: '' });
    expect([vfsOf(NETWORK_PF), driverOf(FREE)]).toEqual([0, 'vfio-pci']);
  });

  it('is left at a boot if it is not known for sure, and the rest is restored', async () => {
    const { machine, run, driverOf, vfsOf } = await afterBoot();
    const { files } = machine.files;
    const [record] = BINDING_FILES;
    files.set(record, (files.get(record) ?? '').replace('1234:11e8', '1234:11e9'));
    const { exitCode, stderr } = await run('restore');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`pci: ${FREE} is left: NOT FOUND: another device is at its place\n`);
    expect([vfsOf(NETWORK_PF), driverOf(FREE)]).toEqual([2, null]);
  });

  it('is nothing at all on a host without records', async () => {
    const { run } = labMachine();
    expect(await run('restore')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('and cannot be put in force is said, and exits with 1', async () => {
    const { machine, run, vfsOf } = await afterBoot();
    const { files } = machine.files;
    const [record] = BINDING_FILES;
    files.set(record, (files.get(record) ?? '').replace('1234:11e8', '1234:11e9'));
    const { exitCode, stdout, stderr } = await run('recover', '--restore');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`pci: ${FREE} is left: NOT FOUND: another device is at its place\n`);
    expect(stdout).toContain(`  ${FREE}  binding  replaced\nTo see why: pci sriov restore --dry-run`);
    expect(vfsOf(NETWORK_PF)).toBe(2);
  });

  it('keeps nobody from recovering if its record is damaged', async () => {
    const { machine, run } = await cutShort();
    machine.files.files.set(BINDING_FILES[0], '{');
    const { exitCode, stderr } = await run('recover');
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`"${TITLE}" is undone.\n`);
    expect(stderr).toContain(`pci: ${BINDING_FILES[0]}: `);
  });

  it('is restored beside a change that was cut short, unless that changes it', async () => {
    const { ports, driverOf, run } = await afterBoot();
    const killed = await openSession({}, killedAt(ports, 0));
    await expect(killed.apply(await killed.setVfs({ pf: NVME_PF, vfs: 1 }))).rejects.toThrow(Killed);
    const host = await openSession({}, ports);
    expect((await host.apply(await host.restoreBindings())).outcome).toBe('done');
    expect(driverOf(FREE)).toBe('vfio-pci');
    expect(await run('recover')).toMatchObject({ exitCode: 0 });

    await host.apply(await host.unbind({ devices: [FREE], allow: UNTOLD_RULES }));
    const again = await openSession({}, killedAt(ports, 0));
    await expect(again.apply(await again.bind({ devices: [FREE] }))).rejects.toThrow(Killed);
    const { plan, subject } = await host.restoreBindings();
    expect(plan.steps).toEqual([]);
    expect(subject.left).toEqual([
      {
        address: FREE,
        reason: {
          kind: 'problem',
          problem: `"${TITLE}" changes it, and was interrupted in this boot: run pci recover, or pci recover --finish`,
        },
      },
    ]);
    const said = await run('bindings', 'restore', '--yes');
    expect(said.exitCode).toBe(1);
    expect(said.stderr).toContain(`pci: ${FREE} is left: "${TITLE}" changes it`);
  });
});
