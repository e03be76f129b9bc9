import { describe, expect, it } from 'vitest';
import { openSession } from '../../lib/operations/open-session.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { portalOn } from '../support/pci-program.ts';
import { ROUTERS, routerCluster } from '../support/router-cluster.ts';

const ALL = ['galaxy0', 'galaxy1', 'galaxy2', 'mail', 'star router'];

describe('the VMs of a libvirt', () => {
  it('are listed by the library, all or some', async () => {
    const { ports } = routerCluster();
    const host = await openSession({}, ports);
    const list = await host.vms();
    expect(list).toMatchObject({ connect: 'qemu:///system', diagnostics: [] });
    expect(list.machines.map(({ name }) => name)).toEqual(ALL);
    const namesOf = async (...options: Parameters<typeof host.vms>): Promise<readonly string[]> =>
      (await host.vms(...options)).machines.map(({ name }) => name);
    expect(await namesOf({ type: 'router' })).toEqual(ROUTERS);
    expect(await namesOf({ untagged: true })).toEqual(['galaxy0']);
    expect(await namesOf({ type: ['application'], untagged: true })).toEqual(['galaxy0', 'mail']);
    await expect(host.vms({ type: 'no such type' })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  it('get a category and lose it, to the byte, also as they run', async () => {
    const { machine, ports } = routerCluster();
    const { libvirt } = machine;
    libvirt.start('galaxy0').start('mail');
    const [host, before] = [await openSession({}, ports), libvirt.state()];
    const proposal = await host.tag({ machines: ['galaxy0', 'galaxy1'], category: 'service' });
    expect(proposal.subject.taggings.map(({ machine: { name }, places }) => [name, places])).toEqual([
      ['galaxy0', ['definition', 'live']],
      ['galaxy1', ['definition']],
    ]);
    expect(libvirt.state()).toBe(before);
    expect(await host.apply(proposal)).toMatchObject({ outcome: 'done' });
    expect((await host.vms({ type: 'service' })).machines).toHaveLength(2);
    expect((await host.tag({ machines: ['galaxy0'], category: 'service' })).plan.steps).toEqual([]);
    await host.apply(await host.tag({ machines: ['galaxy0'], category: null }));
    await host.apply(await host.tag({ machines: ['galaxy1'], category: 'router' }));
    expect(libvirt.state()).toBe(before);
  });

  it('keep what else stands in their metadata', async () => {
    const { machine, ports, definitionOf } = routerCluster();
    const domain = machine.libvirt.domain('galaxy1');
    domain.definition = domain.definition.replace(
      '  <metadata>',
      '  <metadata>\n    <other:thing xmlns:other="urn:other">x</other:thing>',
    );
    const before = domain.definition;
    const host = await openSession({}, ports);
    await host.apply(await host.tag({ machines: ['galaxy1'], category: 'mail-server' }));
    expect(definitionOf('galaxy1')).toBe(before.replace('"router"', '"mail-server"'));
  });

  it('are told of a name that may be a slip, and refused one that is none', async () => {
    const { ports } = routerCluster();
    const host = await openSession({}, ports);
    const { notes } = await host.tag({ machines: ['mail'], category: 'routr' });
    expect(notes).toEqual(['routr is not a predefined category; did you mean router?']);
    await expect(host.tag({ machines: ['mail'], category: 'no such' })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
    await expect(host.tag({ machines: ['nobody'], category: null })).rejects.toMatchObject({
      code: 'MACHINE_NOT_FOUND',
    });
  });
});

describe('portal list and tag', () => {
  it('list the VMs, as a table and as a document', async () => {
    const { ports } = routerCluster();
    const { stdout } = await portalOn(ports, ['list', '--type', 'router']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1 + ROUTERS.length);
    const document = JSON.parse((await portalOn(ports, ['list', '--json'])).stdout) as {
      machines: readonly { name: string }[];
    };
    const validate = validatorOf('machine-list', { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(document.machines.map(({ name }) => name)).toEqual(ALL);
    expect(await portalOn(ports, ['list', '--type', 'service'])).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'portal: no VM is tagged service; 1 VM untagged: portal list --untagged\n',
    });
  });

  it('tag VMs, show what they would do, and need no answer', async () => {
    const { machine, ports } = routerCluster();
    const before = machine.libvirt.state();
    const TAG = ['tag', 'galaxy0', 'mail', '--type', 'service'];
    expect(await portalOn(ports, [...TAG, '--dry-run'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('2 VMs would be tagged service\n'),
    });
    const { stdout } = await portalOn(ports, [...TAG, '--dry-run', '--json']);
    const document: unknown = JSON.parse(stdout);
    const validate = validatorOf('machine-tag', { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(document).toMatchObject({ dryRun: true, report: null });
    expect((await portalOn(ports, [...TAG, '--script'])).stdout).toMatch(/^#!\/bin\/sh\n/);
    expect(machine.libvirt.state()).toBe(before);

    expect(await portalOn(ports, TAG)).toMatchObject({
      exitCode: 0,
      stdout: '2 VMs tagged service\n  galaxy0  was untagged\n  mail     was application\n',
    });
    expect(await portalOn(ports, TAG)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Nothing to do: 2 VMs already tagged service\n/),
    });
    await portalOn(ports, ['tag', 'galaxy0', '--remove']);
    await portalOn(ports, ['tag', 'mail', '--type', 'application']);
    expect(machine.libvirt.state()).toBe(before);
  });

  it('are refused, with nothing changed', async () => {
    const { machine, ports } = routerCluster();
    const before = machine.libvirt.state();
    for (const [args, code, exitCode] of [
      [['mail'], 'BAD_ARGUMENT', 2],
      [['mail', '--type', 'router', '--remove'], 'BAD_ARGUMENT', 2],
      [['mail', '--type', 'no such'], 'BAD_ARGUMENT', 2],
      [['nobody', '--type', 'router'], 'MACHINE_NOT_FOUND', 3],
    ] as const) {
      const outcome = await portalOn(ports, ['tag', ...args]);
      expect(outcome, outcome.stderr).toMatchObject({
        exitCode,
        stderr: expect.stringContaining(`[${code}]`),
      });
    }
    const { ports: others } = routerCluster(false);
    expect(await portalOn(others, ['tag', 'mail', '--remove'])).toMatchObject({ exitCode: 5 });
    machine.libvirt.failure = ([verb]) => (verb === 'metadata' ? 'disk full' : null);
    const failed = await portalOn(ports, ['tag', 'mail', '--remove']);
    expect(failed).toMatchObject({ exitCode: 8, stderr: expect.stringContaining('disk full') });
    expect(machine.libvirt.state()).toBe(before);
  });
});
