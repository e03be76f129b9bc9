import { describe, expect, it } from 'vitest';
import type { AssignOptions } from '../../lib/operations/assignment/assign-options.ts';
import { openSession, type Session } from '../../lib/operations/open-session.ts';
import { START_HOOK_PATH } from '../../lib/plan/persistence/start-hook-paths.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { pciOn } from '../support/pci-program.ts';
import { ALONE, type Cluster, PAIR, ROUTERS, routerCluster } from '../support/router-cluster.ts';
import { stateOf } from '../support/simulated-changes.ts';
import { ownAddresses } from '../support/simulated-libvirt.ts';

const TO_ROUTERS = { devices: [PAIR[0]], to: { type: 'router' } } as const;

function sessionOn({ ports }: Cluster): Promise<Session> {
  return openSession({ pciIds: 'bundled' }, ports);
}

/** Proposes to assign, and applies that. */
async function assign(host: Session, options: AssignOptions): Promise<void> {
  const proposal = await host.assign(options);
  expect(proposal.refusals).toEqual([]);
  expect(await host.apply(proposal)).toMatchObject({ outcome: 'done' });
}

describe('devices for all VMs of a type, by the library', () => {
  it('are given once, and taken back to the byte', async () => {
    const cluster = routerCluster();
    const { machine, definitions, definitionOf } = cluster;
    const [host, before, state] = [await sessionOn(cluster), definitions(), stateOf(machine)];

    const proposal = await host.assign(TO_ROUTERS);
    expect(proposal.refusals).toEqual([]);
    expect(proposal.plan.title).toBe(`Assign ${PAIR[0]} and ${PAIR[1]} to 3 VMs`);
    const { subject } = proposal;
    expect(subject.connect).toBe('qemu:///system');
    expect(subject.devices.map(({ device, asked }) => [device.address, asked])).toEqual([
      [PAIR[0], true],
      [PAIR[1], false],
    ]);
    expect(subject.assignments.map(({ machine: { name }, gained }) => [name, gained.length])).toEqual(
      ROUTERS.map((name) => [name, 2]),
    );
    expect(subject).toMatchObject({ attachments: [], skipped: [], pool: null, left: null });
    expect(stateOf(machine)).toBe(state);

    expect(await host.apply(proposal)).toMatchObject({ outcome: 'done' });
    for (const name of ROUTERS) {
      expect(ownAddresses(definitionOf(name))).toEqual([...PAIR]);
      expect(definitionOf(name)).toContain("passwd='secret'");
    }
    expect(definitions().filter((text, index) => text === before[index])).toHaveLength(2);
    expect(machine.files.files.get(START_HOOK_PATH)).toContain(' guard-start');

    expect((await host.assign({ ...TO_ROUTERS, devices: [PAIR[1]] })).plan.steps).toEqual([]);

    const back = await host.unassign({ devices: [PAIR[1]] });
    expect(back.plan.title).toBe(`Unassign ${PAIR[0]} and ${PAIR[1]} from 3 VMs`);
    expect(await host.apply(back)).toMatchObject({ outcome: 'done' });
    expect(definitions()).toEqual(before);
    expect(stateOf(machine)).toBe(state);
    expect((await host.unassign({ devices: [PAIR[1]] })).plan.steps).toEqual([]);
  });

  it('are all undone if one VM does not take its new definition', async () => {
    const cluster = routerCluster();
    const { machine, ports } = cluster;
    const [host, state] = [await sessionOn(cluster), stateOf(machine)];
    let defined = 0;
    machine.libvirt.failure = ([verb]) => {
      if (verb === 'define') defined += 1;
      return verb === 'define' && defined === 3 ? 'no space left on device' : null;
    };
    const report = await host.apply(await host.assign(TO_ROUTERS));
    expect(report.outcome).toBe('undone');
    expect(report.steps.at(-1)?.problem).toContain('no space left on device');
    expect(stateOf(machine)).toBe(state);
    expect(ports.started).toEqual([]);
  });

  it.each([
    ['are made and taken back', null],
    ['are undone if the 50th is refused', 'fails'],
    ['are undone if virsh is killed at the 50th', 'kills'],
    ['do not need the virsh that was killed before the 50th', 'killed'],
  ] as const)('of 100 VMs %s, by one process for each plan', async (_, fault) => {
    const cluster = routerCluster();
    const { machine, definitions } = cluster;
    const { libvirt } = machine;
    for (let index = ROUTERS.length; index < 100; index += 1) {
      libvirt.add(`router${index}`, { category: 'router' });
    }
    const [host, state, before] = [await sessionOn(cluster), stateOf(machine), definitions()];
    const proposal = await host.assign(TO_ROUTERS);
    const processes = libvirt.processes;
    let defined = 0;
    libvirt.failure = ([verb]) => {
      if (verb !== 'define') return null;
      defined += 1;
      if (defined === 49 && fault === 'killed') libvirt.kill('now');
      if (defined === 49 && fault === 'kills') libvirt.kill('define');
      return defined === 50 && fault === 'fails' ? 'no space left on device' : null;
    };
    const report = await host.apply(proposal);
    const isDone = fault === null || fault === 'killed';
    expect(report.outcome).toBe(isDone ? 'done' : 'undone');
    const wasKilled = fault === 'kills' || fault === 'killed';
    expect([libvirt.processes - processes, libvirt.openProcesses]).toEqual([wasKilled ? 2 : 1, 0]);
    expect(definitions().filter((text, index) => text !== before[index])).toHaveLength(isDone ? 100 : 0);
    if (isDone) await host.apply(await host.unassign({ devices: [PAIR[0]] }));
    else
      expect(report.steps.find(({ problem }) => problem !== null)?.problem).toMatch(
        fault === 'fails' ? /no space left on device$/ : /^virsh: was ended by SIGKILL, asked at qemu:/,
      );
    expect(stateOf(machine)).toBe(state);
  });

  it('go to types and to named VMs together, and back from one', async () => {
    const cluster = routerCluster();
    const { machine, definitionOf } = cluster;
    const [host, before] = [await sessionOn(cluster), cluster.definitions()];
    const to = { type: ['router', 'application'], machines: ['galaxy0'] };
    await assign(host, { devices: [ALONE], to });
    expect(ownAddresses(definitionOf('mail'))).toEqual([ALONE]);
    await host.apply(await host.unassign({ devices: [ALONE], from: { machines: ['mail'] } }));
    expect(ownAddresses(definitionOf('mail'))).toEqual([]);
    expect(ownAddresses(definitionOf('galaxy0'))).toEqual([ALONE]);
    // Others are still asked about before they start.
    expect(machine.files.files.has(START_HOOK_PATH)).toBe(true);
    await host.apply(await host.unassign({ devices: [ALONE], from: { type: 'router' } }));
    await host.apply(await host.unassign({ devices: [ALONE] }));
    expect(cluster.definitions()).toEqual(before);
    expect(machine.files.files.has(START_HOOK_PATH)).toBe(false);
  });

  it.each<readonly [AssignOptions, string]>([
    [{ devices: [] }, 'BAD_ARGUMENT'],
    [{ devices: [ALONE] }, 'BAD_ARGUMENT'],
    [{ devices: [ALONE], to: { type: 'service' } }, 'MACHINE_NOT_FOUND'],
    [{ devices: [ALONE], to: { type: 'no such type' } }, 'BAD_ARGUMENT'],
    [{ devices: [ALONE], to: { machines: ['nobody'] } }, 'MACHINE_NOT_FOUND'],
    [{ devices: ['0000:1f:00.0'], to: { type: 'router' } }, 'DEVICE_NOT_FOUND'],
    [{ devices: ['class=0700'], to: { type: 'router' } }, 'AMBIGUOUS_DEVICE'],
    [{ devices: ['!'], to: { type: 'router' } }, 'BAD_SELECTOR'],
    [{ devices: [ALONE], to: { type: 'router' }, policy: 'exclusive' }, 'ASSIGNED_ELSEWHERE'],
    [{ devices: [ALONE], to: { type: 'router' }, policy: 'vf-pool' }, 'NO_SRIOV'],
    [{ devices: [ALONE], to: { type: 'router' }, vlan: 5 }, 'BAD_ARGUMENT'],
    [{ devices: [ALONE], to: { type: 'router' }, persist: true }, 'BAD_ARGUMENT'],
    [{ devices: [ALONE], to: { type: 'router' }, rom: 'nowhere.rom' }, 'NOT_FOUND'],
    [{ devices: [ALONE], to: { type: 'router' }, allow: ['nothing'] }, 'BAD_ARGUMENT'],
    [{ devices: [ALONE], to: { machines: ['galaxy1'] }, live: true }, 'NOT_RUNNING'],
  ])('are refused, with nothing changed: %j', async (options, code) => {
    const cluster = routerCluster();
    const state = stateOf(cluster.machine);
    const host = await sessionOn(cluster);
    await expect(host.assign(options)).rejects.toMatchObject({ code });
    expect(stateOf(cluster.machine)).toBe(state);
  });

  it('are of one VM if that is asked for, which nobody else gets then', async () => {
    const cluster = routerCluster();
    const host = await sessionOn(cluster);
    await assign(host, { devices: [ALONE], to: { machines: ['mail'] }, policy: 'exclusive' });
    await expect(host.assign({ devices: [ALONE], to: { type: 'router' } })).rejects.toMatchObject({
      code: 'ASSIGNED_ELSEWHERE',
      message: expect.stringContaining('is assigned only to mail'),
    });
  });
});

describe('devices for VMs that run, by the library', () => {
  const RUNNING = { devices: [ALONE], to: { machines: ['galaxy0'] }, live: true } as const;

  it('are plugged in and taken out, and the definition is left', async () => {
    const cluster = routerCluster();
    const { libvirt } = cluster.machine;
    libvirt.start();
    const [host, before] = [await sessionOn(cluster), libvirt.state()];
    const proposal = await host.assign(RUNNING);
    expect(proposal.plan.title).toBe('Attach 0000:00:05.0 to galaxy0 (running)');
    expect(proposal.subject).toMatchObject({ scope: { live: true, config: false }, assignments: [] });
    expect(await host.apply(proposal)).toMatchObject({ outcome: 'done' });
    expect([ownAddresses(libvirt.live), ownAddresses(libvirt.definition)]).toEqual([[ALONE], []]);
    expect((await host.assign(RUNNING)).plan.steps).toEqual([]);
    expect(await host.apply(await host.unassign({ devices: [ALONE], live: true }))).toMatchObject({
      outcome: 'done',
    });
    expect(libvirt.state()).toBe(before);
  });

  it('stay in the definition too if both are asked for, and VMs that are off are skipped', async () => {
    const cluster = routerCluster();
    const { libvirt } = cluster.machine;
    libvirt.start();
    const host = await sessionOn(cluster);
    const both = { devices: [ALONE], to: { machines: ['galaxy0', 'mail'] }, live: true, config: true };
    const proposal = await host.assign(both);
    expect(proposal.subject.skipped.map(({ name }) => name)).toEqual(['mail']);
    await host.apply(proposal);
    expect([libvirt.live, libvirt.definition, cluster.definitionOf('mail')].map(ownAddresses)).toEqual([
      [ALONE],
      [ALONE],
      [ALONE],
    ]);
    const back = await host.unassign({ devices: [ALONE], live: true, config: true });
    expect(await host.apply(back)).toMatchObject({ outcome: 'done' });
    expect([libvirt.live, libvirt.definition].map(ownAddresses)).toEqual([[], []]);
  });

  it('are refused if another VM runs with them, or part of a group would stay', async () => {
    const cluster = routerCluster();
    const { libvirt } = cluster.machine;
    libvirt.start();
    const host = await sessionOn(cluster);
    await expect(host.assign({ ...RUNNING, devices: [PAIR[0]] })).rejects.toMatchObject({
      code: 'CANNOT_BE_GIVEN',
    });
    await assign(host, RUNNING);
    libvirt.domain('mail').definition = libvirt.definition.replace(/galaxy0/, 'mail');
    libvirt.start('mail');
    await expect(host.assign({ ...RUNNING, to: { machines: ['mail'] } })).rejects.toMatchObject({
      code: 'ASSIGNED_ELSEWHERE',
    });
  });
});

describe('pci assign and unassign', () => {
  const ASSIGN = ['assign', PAIR[0], '--type', 'router'];

  it('change the VMs, once, and back', async () => {
    const { machine, ports } = routerCluster();
    const state = stateOf(machine);
    const given = await pciOn(ports, [...ASSIGN, '--yes']);
    expect(given).toMatchObject({ exitCode: 0, stdout: '' });
    expect(given.stderr).toContain('galaxy1: add 0000:00:03.0, 0000:00:03.1');
    expect(await pciOn(ports, [...ASSIGN, '--yes'])).toEqual({
      exitCode: 0,
      stdout: '3 VMs: already assigned.\nNothing to do.\n',
      stderr: '',
    });
    expect(await pciOn(ports, ['unassign', PAIR[0], '--yes'])).toMatchObject({ exitCode: 0, stdout: '' });
    expect(stateOf(machine)).toBe(state);
    expect(await pciOn(ports, ['unassign', PAIR[0], '--yes'])).toEqual({
      exitCode: 0,
      stdout: 'No VM has that device from pci assign.\nNothing to do.\n',
      stderr: '',
    });
  });

  it('show the plan as text, as a document and as a script, for whoever asks', async () => {
    const { machine, ports } = routerCluster(false);
    const state = stateOf(machine);
    const shown = await pciOn(ports, [...ASSIGN, '--dry-run']);
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^Assign 0000:00:03.0 and 0000:00:03.1 to 3 VMs\n/);
    expect(shown.stdout).toMatch(/^ {2}galaxy1 +is off +\+ 0000:00:03\.0 at 01:00\.0, \+ 0000:00:03\.1/m);

    const { stdout } = await pciOn(ports, [...ASSIGN, '--dry-run', '--json']);
    const document = JSON.parse(stdout) as { assigned: unknown; machines: readonly { name: string }[] };
    const validate = validatorOf('plan', { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(document).toMatchObject({ connect: 'qemu:///system', live: null, report: null });
    expect(document.machines.map(({ name }) => name)).toEqual(ROUTERS);

    const script = await pciOn(ports, [...ASSIGN, '--script']);
    expect(script).toMatchObject({ exitCode: 0, stderr: '' });
    expect(script.stdout).toMatch(/^#!\/bin\/sh\n/);
    expect(stateOf(machine)).toBe(state);
  });

  it('are for root, who is told so before anything changes', async () => {
    const { machine, ports } = routerCluster(false);
    const state = stateOf(machine);
    const denied = await pciOn(ports, [...ASSIGN, '--yes']);
    expect(denied).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('[PERMISSION_DENIED]') });
    expect(stateOf(machine)).toBe(state);
  });

  it('are refused, with what to do, if nobody or nothing is meant', async () => {
    const { machine, ports } = routerCluster();
    const state = stateOf(machine);
    for (const [args, code, exitCode] of [
      [['assign', ALONE], 'BAD_ARGUMENT', 2],
      [['assign', '--type', 'router'], 'BAD_ARGUMENT', 2],
      [['assign', ALONE, '--type', 'service'], 'MACHINE_NOT_FOUND', 3],
      [['assign', ALONE, '--machine', 'nobody'], 'MACHINE_NOT_FOUND', 3],
      [['assign', '1f:00.0', '--type', 'router'], 'DEVICE_NOT_FOUND', 3],
      [['assign', ALONE, '--machine', 'mail', '--live'], 'NOT_RUNNING', 4],
      [['assign', ALONE, '--by-rules'], 'BAD_ARGUMENT', 2],
      [['assign', '--by-rules', '--live'], 'BAD_ARGUMENT', 2],
      [['unassign', 'class=0700'], 'AMBIGUOUS_DEVICE', 2],
      [['unassign', ALONE, '--machine', 'nobody'], 'MACHINE_NOT_FOUND', 3],
    ] as const) {
      const outcome = await pciOn(ports, [...args, '--yes']);
      expect(outcome, outcome.stderr).toMatchObject({
        exitCode,
        stderr: expect.stringContaining(`[${code}]`),
      });
      expect(outcome.stderr).toMatch(/^hint: /m);
    }
    expect(stateOf(machine)).toBe(state);
  });

  it('plug into what runs, and take out of it', async () => {
    const { machine, ports } = routerCluster();
    machine.libvirt.start();
    const state = stateOf(machine);
    const LIVE = ['--machine', 'galaxy0', '--live'];
    const { stdout } = await pciOn(ports, ['assign', ALONE, ...LIVE, '--dry-run']);
    expect(stdout).toMatch(/^ {2}galaxy0 +now +\+ 0000:00:05\.0 at \d\d:00\.0$/m);
    expect(await pciOn(ports, ['assign', ALONE, ...LIVE, '--yes'])).toMatchObject({ exitCode: 0 });
    expect(await pciOn(ports, ['assign', ALONE, ...LIVE, '--yes'])).toMatchObject({
      stdout: '1 VM: already attached.\nNothing to do.\n',
    });
    const undo = await pciOn(ports, ['unassign', ALONE, '--live', '--yes', '--json']);
    expect(JSON.parse(undo.stdout)).toMatchObject({
      live: { machines: [{ name: 'galaxy0', lost: [{ address: ALONE }] }] },
      report: { outcome: 'done' },
    });
    expect(stateOf(machine)).toBe(state);
  });

  it('leave what others gave, and tell of it', async () => {
    const { machine, ports } = routerCluster();
    const mail = machine.libvirt.domain('mail');
    const byHand = `    <hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='0' slot='5' function='0'/></source></hostdev>\n`;
    mail.definition = mail.definition.replace('  </devices>', `${byHand}  </devices>`);
    const before = mail.definition;
    const given = await pciOn(ports, ['assign', ALONE, '--machine', 'mail', '--yes']);
    expect(given).toMatchObject({ exitCode: 0 });
    const { stdout } = await pciOn(ports, ['unassign', ALONE, '--machine', 'mail', '--yes']);
    expect(stdout).toMatch(/^mail has 0000:00:05\.0: .*virsh/m);
    expect(mail.definition).toBe(before);
  });
});
