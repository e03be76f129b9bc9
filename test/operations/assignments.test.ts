import { describe, expect, it } from 'vitest';
import { openSession, type Session } from '../../lib/operations/open-session.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { pciOn } from '../support/pci-program.ts';
import { ALONE, type Cluster, PAIR, routerCluster } from '../support/router-cluster.ts';

const NOWHERE = "bus='0x7f' slot='0x00' function='0x0'";
const THERE = "bus='0x00' slot='0x03' function='0x0'";

/** A machine whose routers have the pair. */
async function assigned(): Promise<Cluster & { readonly host: Session }> {
  const cluster = routerCluster();
  const host = await openSession({ pciIds: 'bundled' }, cluster.ports);
  const proposal = await host.assign({ devices: [PAIR[0]], to: { type: 'router' } });
  expect(await host.apply(proposal)).toMatchObject({ outcome: 'done' });
  return { ...cluster, host };
}

/** Somebody points a definition at another address. */
function spoil({ machine: { libvirt } }: Cluster, name: string): string {
  const domain = libvirt.domain(name);
  const before = domain.definition;
  domain.definition = before.replace(
    `domain='0x0000' ${THERE}/>\n      </source>`,
    `domain='0x0000' ${NOWHERE}/>\n      </source>`,
  );
  expect(domain.definition).not.toBe(before);
  return before;
}

describe('assignments', () => {
  it('are listed with how they stand, of all VMs or of some', async () => {
    const { host } = await assigned();
    const list = await host.assignments();
    expect(list).toMatchObject({ connect: 'qemu:///system', isDrifted: false, unknown: 0 });
    expect(
      list.machines.map(({ machine, statuses }) => [
        machine.name,
        ...statuses.map(({ standing }) => standing),
      ]),
    ).toEqual(['galaxy1', 'galaxy2', 'star router'].map((name) => [name, 'in-place', 'in-place']));
    const some = await host.assignments({ machines: ['galaxy2'] });
    expect(some.machines.map(({ machine }) => machine.name)).toEqual(['galaxy2']);
    await expect(host.assignments({ machines: ['nobody'] })).rejects.toMatchObject({
      code: 'MACHINE_NOT_FOUND',
    });
  });

  it('that drifted are repaired, once, and nothing else is touched', async () => {
    const cluster = await assigned();
    const { host, definitions, definitionOf } = cluster;
    expect((await host.repairAssignments()).plan.steps).toEqual([]);
    const others = definitions();
    const before = spoil(cluster, 'galaxy1');
    expect((await host.assignments()).isDrifted).toBe(true);
    const proposal = await host.repairAssignments({ type: 'router' });
    expect(proposal.subject.left).toEqual([]);
    expect(proposal.subject.assignments.map(({ machine }) => machine.name)).toEqual(['galaxy1']);
    expect(await host.apply(proposal)).toMatchObject({ outcome: 'done' });
    expect(definitionOf('galaxy1')).toBe(before);
    expect(definitions()).toEqual(others);
  });

  it('that nobody can repair are left, with the reason', async () => {
    const { host, machine, ports } = await assigned();
    const domain = machine.libvirt.domain('galaxy1');
    domain.definition = domain.definition.replace(/id="8086:10c9"/, 'id="8086:ffff"');
    const { plan, subject } = await host.repairAssignments();
    expect(plan.steps).toEqual([]);
    expect(subject.left).toEqual([expect.stringMatching(/^0000:00:03\.0 of galaxy1 is not repaired: /)]);
    const repair = await pciOn(ports, ['assignments', '--repair', '--yes']);
    expect(repair).toMatchObject({ exitCode: 1, stdout: 'Nothing to do.\n' });
    expect(repair.stderr).toMatch(/^pci: 0000:00:03\.0 of galaxy1 is not repaired: /m);
  });

  it('go the same way by pci assignments', async () => {
    const cluster = await assigned();
    const { ports, definitionOf } = cluster;
    expect(await pciOn(ports, ['assignments', '--check'])).toMatchObject({ exitCode: 0, stderr: '' });
    const { stdout } = await pciOn(ports, ['assignments', '--json']);
    const document: unknown = JSON.parse(stdout);
    const validate = validatorOf('assignments', { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);

    const before = spoil(cluster, 'star router');
    const drifted = definitionOf('star router');
    const checked = await pciOn(ports, ['assignments', '--check', '--machine', 'star router']);
    expect(checked.exitCode).toBe(1);
    expect(checked.stdout).toContain('MOVED to 0000:00:03.0: pci assignments --repair');
    const shown = await pciOn(ports, ['assignments', '--repair', '--dry-run']);
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toContain('star router');
    const script = await pciOn(ports, ['assignments', '--repair', '--script']);
    expect(script.stdout).toMatch(/^#!\/bin\/sh\n/);
    expect(definitionOf('star router')).toBe(drifted);
    const made = await pciOn(ports, ['assignments', '--repair', '--yes', '--json']);
    expect(JSON.parse(made.stdout)).toMatchObject({
      machines: [{ name: 'star router' }],
      report: { outcome: 'done' },
    });
    expect(definitionOf('star router')).toBe(before);
    expect(await pciOn(ports, ['assignments', '--type', 'service'])).toMatchObject({ exitCode: 3 });
  });

  it('are repaired by root', async () => {
    const cluster = await assigned();
    const { machine } = cluster;
    spoil(cluster, 'galaxy1');
    const { user } = cluster.ports;
    const ports = { ...cluster.ports, user: { ...user, isRoot: false } };
    const state = machine.libvirt.state();
    expect(await pciOn(ports, ['assignments', '--repair', '--yes'])).toMatchObject({ exitCode: 5 });
    expect(machine.libvirt.state()).toBe(state);
  });
});

describe('the start of a VM', () => {
  it('is left alone if its devices are those that were assigned, and refused if not', async () => {
    const { host, definitionOf } = await assigned();
    const document = definitionOf('galaxy1');
    await expect(host.guardStart(document)).resolves.toBe(undefined);
    await expect(host.guardStart(new TextEncoder().encode(document))).resolves.toBe(undefined);
    const other = document.replace(/id="8086:10c9"/, 'id="8086:ffff"');
    await expect(host.guardStart(other)).rejects.toMatchObject({
      code: 'START_REFUSED',
      subject: 'galaxy1',
      message: expect.stringContaining(`${PAIR[0]} is not the assigned device: another`),
    });
    await expect(host.guardStart('<domain>')).rejects.toMatchObject({ code: 'BAD_XML' });
  });
});

describe('a captured host', () => {
  it('is planned for, and its VMs are changed only at a libvirt that is named', async () => {
    const { ports, machine } = routerCluster();
    const state = machine.libvirt.state();
    const options = { host: 'fixtures/lab-intel.snapshot', pciIds: 'bundled' };
    const asked = { devices: ['0000:07:00.0'], to: { type: 'router' }, allow: ['session', 'node-open'] };
    const host = await openSession(options, ports);
    const proposal = await host.assign(asked);
    expect(proposal.plan.steps).toHaveLength(3);
    await expect(host.apply(proposal)).rejects.toMatchObject({ code: 'BAD_ARGUMENT', subject: '--host' });
    expect(machine.libvirt.state()).toBe(state);

    const named = await openSession({ ...options, connect: 'qemu:///system' }, ports);
    expect(await named.apply(await named.assign(asked))).toMatchObject({ outcome: 'done' });
    expect(machine.libvirt.state()).not.toBe(state);
    await expect(
      (await openSession({ connect: 'qemu+ssh://root@elsewhere/system' }, ports)).assign({
        devices: [ALONE],
        to: { type: 'router' },
      }),
    ).rejects.toMatchObject({ code: 'BAD_ARGUMENT', subject: '--connect' });
  });
});
