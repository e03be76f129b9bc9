import { describe, expect, it } from 'vitest';
import type { Purpose } from '../../lib/checks/validation/validation-rule.ts';
import { openSession } from '../../lib/operations/open-session.ts';
import { labMachine } from '../support/lab-machine.ts';
import { fixture, pciOn } from '../support/pci-program.ts';
import { stateOf } from '../support/simulated-changes.ts';
import { simulatedPorts } from '../support/simulated-ports.ts';

const LOADED = '/etc/modules-load.d/portal-gun.conf';

describe('validation by the library', () => {
  it('says whether the host can do what is asked', async () => {
    const { ports } = labMachine();
    const host = await openSession({ pciIds: 'bundled' }, ports);
    const { passed, report, recovery, notes } = await host.validate();
    expect([passed, recovery, notes]).toEqual([false, [], []]);
    expect(report.results.find(({ rule }) => rule.id === 'tun')).toMatchObject({ outcome: 'fail' });
    const asked = await host.validate({ devices: ['07:00.0'], for: ['passthrough'] });
    expect(asked).toMatchObject({
      passed: true,
      report: { asked: { purposes: ['passthrough'], devices: [{ address: '0000:07:00.0' }], machine: null } },
    });
    expect((await host.validate({ devices: ['07:00.0'], for: ['passthrough'], strict: true })).passed).toBe(
      false,
    );
  });

  it('proposes to fix what fails, and applies it', async () => {
    const { machine, ports } = labMachine();
    const host = await openSession({}, ports);
    const before = stateOf(machine);
    const proposal = await host.fix();
    expect(proposal.subject.fixes.chosen.map(({ result }) => result.rule.id)).toEqual(['tun']);
    expect(proposal.subject.fixes.manual.length).toBeGreaterThan(0);
    expect(stateOf(machine)).toBe(before);
    expect((await host.apply(proposal)).outcome).toBe('done');
    expect(machine.files.files.get(LOADED)).toContain('tun\n');
    expect((await host.fix()).plan.steps).toEqual([]);
  });

  it.each([
    ['a purpose that is none', { for: ['gpus' as Purpose] }, 'BAD_ARGUMENT'],
    ['a device that is not there', { devices: ['1f:1f.7'] }, 'DEVICE_NOT_FOUND'],
  ])('takes %s for an error', async (_, options, code) => {
    const host = await openSession({}, labMachine().ports);
    await expect(host.validate(options)).rejects.toMatchObject({ code });
  });

  it('knows no machines of a captured host', async () => {
    const host = await openSession({ host: fixture('lab-intel') }, labMachine().ports);
    await expect(host.validate({ machine: 'a' })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });
});

describe('pci validate', () => {
  it('reports as text, as data and for a server of tests', async () => {
    const { run } = labMachine();
    expect(await run('validate')).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('FAIL  tun'),
    });
    expect(JSON.parse((await run('validate', '--json')).stdout)).toMatchObject({
      schema: 'portal-gun/validation/v1',
      passed: false,
      recovery: [],
    });
    expect((await run('validate', '--format', 'junit')).stdout).toMatch(/^<\?xml /);
    expect(await run('validate', '07:00.0', '--for', 'passthrough')).toMatchObject({ exitCode: 0 });
    expect(await run('validate', '07:00.0', '--for', 'passthrough', '--strict')).toMatchObject({
      exitCode: 1,
    });
  });

  it('fixes what fails, and says what is left to a person', async () => {
    const { machine, run } = labMachine();
    const before = stateOf(machine);
    const shown = await run('validate', '--fix', '--dry-run');
    expect(shown).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('Left to you:') });
    expect(JSON.parse((await run('validate', '--fix', '--dry-run', '--json')).stdout)).toMatchObject({
      schema: 'portal-gun/plan/v1',
      mended: [{ rule: 'tun', steps: [0, 1] }],
      restart: false,
    });
    expect((await run('validate', '--fix', '--script')).stdout).toMatch(/^#!\/bin\/sh\n/);
    expect(await run('validate', '--fix')).toMatchObject({ exitCode: 2 });
    const user = simulatedPorts(machine, { isRoot: false });
    expect(await pciOn(user, ['validate', '--fix', '--yes'])).toMatchObject({ exitCode: 5 });
    expect(stateOf(machine)).toBe(before);

    // What is for a person to do is left still.
    expect(await run('validate', '--fix', '--yes')).toMatchObject({ exitCode: 1 });
    expect(machine.files.files.get(LOADED)).toContain('tun\n');
    const again = await run('validate', '--fix', '--yes');
    expect(again).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('Left to you:') });
  });

  it.each([
    [['--dry-run'], 2],
    [['--fix', '--all'], 2],
    [['--fix', '--format', 'junit'], 2],
    [['--json', '--format', 'junit'], 2],
    [['--for', 'gpus'], 2],
    [['1f:1f.7'], 3],
    [['--connect', 'qemu+ssh://elsewhere/system'], 2],
  ])('%j exits with %i', async (args, exitCode) => {
    expect(await labMachine().run('validate', ...args)).toMatchObject({ exitCode });
  });
});
