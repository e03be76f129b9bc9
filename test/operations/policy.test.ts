import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSession } from '../../lib/operations/open-session.ts';
import { labMachine, UNTOLD_RULES } from '../support/lab-machine.ts';
import { pciOn } from '../support/pci-program.ts';
import { stateOf } from '../support/simulated-changes.ts';
import { simulatedPorts } from '../support/simulated-ports.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { NVME_PF } from '../support/vf-plans.ts';

const FREE = '0000:07:00.0';
const policyOf = (body: string) => ({ name: 'host.yaml', text: `portal-gun: policy/v1\n${body}` });
const BOUND = 'bindings: [07:00.0]\n';
/** Its VFs are bound by a second plan, once they are there. */
const WITH_VFS = `virtual-functions:\n  - {device: '02:00.0', count: 2, driver: vfio-pci}\n`;

const folder = temporaryFolder();
let files = 0;
function policyFile(body: string): string {
  files += 1;
  const path = join(folder, `${files}.yaml`);
  writeFileSync(path, policyOf(body).text);
  return path;
}

describe('a policy by the library', () => {
  it('is proposed, applied, and nothing the second time', async () => {
    const { machine, ports, driverOf } = labMachine();
    const host = await openSession({ pciIds: 'bundled' }, ports);
    const before = stateOf(machine);
    const proposal = await host.applyPolicy({ policy: policyOf(BOUND) });
    expect(proposal).toMatchObject({
      plan: { title: 'Apply host.yaml' },
      refusals: [],
      subject: { name: 'host.yaml', pfs: [], persistence: null, postponed: [] },
    });
    expect(stateOf(machine)).toBe(before);
    expect((await host.apply(proposal)).outcome).toBe('done');
    expect(driverOf(FREE)).toBe('vfio-pci');
    expect((await host.applyPolicy({ policy: policyFile(BOUND) })).plan.steps).toEqual([]);
  });

  it('postpones what it says of VFs that are not there', async () => {
    const { ports, driverOf, vfsOf } = labMachine();
    const host = await openSession({}, ports);
    const policy = policyOf(WITH_VFS);
    const first = await host.applyPolicy({ policy });
    expect(first.subject.postponed).toMatchObject([{ at: expect.stringMatching(/^host\.yaml:3:/) }]);
    await host.apply(first);
    expect([vfsOf(NVME_PF), driverOf('0000:02:00.1')]).toEqual([2, null]);
    const second = await host.applyPolicy({ policy, allow: UNTOLD_RULES });
    expect(second.subject).toMatchObject({ postponed: [], pfs: [{ plan: { steps: [] } }] });
    await host.apply(second);
    expect(driverOf('0000:02:00.1')).toBe('vfio-pci');
  });

  it.each([
    ['no YAML', policyOf('['), 'BAD_POLICY'],
    ['no file', join(folder, 'nowhere.yaml'), 'NOT_FOUND'],
    ['a device that is not there', policyOf('bindings: [1f:1f.7]\n'), 'DEVICE_NOT_FOUND'],
    [
      'several devices for one',
      policyOf('virtual-functions: [{device: pf, count: 1}]\n'),
      'AMBIGUOUS_DEVICE',
    ],
  ])('takes %s for an error', async (_, policy, code) => {
    const host = await openSession({}, labMachine().ports);
    await expect(host.applyPolicy({ policy })).rejects.toMatchObject({ code });
  });
});

describe('pci apply on a machine', () => {
  it('checks, shows and applies, as text and as data', async () => {
    const { machine, run, driverOf } = labMachine();
    const file = policyFile(`${BOUND}persist: true\n`);
    const before = stateOf(machine);
    expect(await run('apply', file, '--check')).toMatchObject({ exitCode: 1 });
    const shown = await run('apply', file, '--dry-run');
    expect(shown).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('the policy requires it') });
    expect(JSON.parse((await run('apply', file, '--dry-run', '--json')).stdout)).toMatchObject({
      schema: 'portal-gun/policy-report/v1',
      ...{ policy: file, different: true, postponed: [] },
      plans: [{ devices: [{ address: FREE }], persistence: { bindings: [{ address: FREE }] } }],
    });
    expect((await run('apply', file, '--script')).stdout).toMatch(/^#!\/bin\/sh\n/);
    expect(await run('apply', file)).toMatchObject({ exitCode: 2 });
    const user = simulatedPorts(machine, { isRoot: false });
    expect(await pciOn(user, ['apply', file, '--yes'])).toMatchObject({ exitCode: 5 });
    expect(stateOf(machine)).toBe(before);

    expect(await run('apply', file, '--yes')).toMatchObject({ exitCode: 0 });
    expect(driverOf(FREE)).toBe('vfio-pci');
    expect(await run('bindings', '--check')).toMatchObject({ exitCode: 0 });
    expect(await run('apply', file, '--check')).toMatchObject({ exitCode: 0 });
    expect(await run('apply', file, '--yes')).toMatchObject({
      exitCode: 0,
      stdout: `The host matches ${file}.\nNothing to do.\n`,
    });
  });

  it('makes a second plan for VFs that are there then', async () => {
    const { run, driverOf } = labMachine();
    const file = policyFile(WITH_VFS);
    const shown = await run('apply', file, '--dry-run');
    expect(shown.stderr).toContain('the device is looked up after the VFs are created\n');
    const { exitCode, stdout } = await run('apply', file, '--yes', '--json', '--allow', UNTOLD_RULES.join());
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      different: true,
      plans: [{ report: { outcome: 'done' } }, { report: { outcome: 'done' } }],
      postponed: [],
    });
    expect(driverOf('0000:02:00.1')).toBe('vfio-pci');
  });

  it('refuses what may be in use', async () => {
    const { machine, run } = labMachine();
    const before = stateOf(machine);
    const file = policyFile('bindings: [06:00.0]\n');
    expect(await run('apply', file, '--yes')).toMatchObject({ exitCode: 4 });
    expect(stateOf(machine)).toBe(before);
  });

  it.each([
    [['--check', '--script'], BOUND, 2],
    [['--yes'], 'bindings: [nonsense=1]\n', 2],
    [['--yes'], 'bindings: [1f:1f.7]\n', 3],
  ])('%j exits as it should', async (args, body, exitCode) => {
    expect(await labMachine().run('apply', policyFile(body), ...args)).toMatchObject({ exitCode });
  });
});
