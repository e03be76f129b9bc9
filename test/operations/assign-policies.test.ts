import { describe, expect, it } from 'vitest';
import { openHost } from '../../lib/host/open-host.ts';
import { openSession } from '../../lib/operations/open-session.ts';
import type { PciAddress } from '../../lib/pci/address.ts';
import { stableMac } from '../../lib/pci/sriov/stable-mac.ts';
import { readCapturedLink } from '../../lib/sysfs/device/pf-link.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { fixture, pciOn } from '../support/pci-program.ts';
import { simulateMachine } from '../support/simulated-changes.ts';
import { ownAddresses } from '../support/simulated-libvirt.ts';
import { simulatedPorts } from '../support/simulated-ports.ts';

const PF = '0000:01:00.0' as PciAddress;
/** A simulated host is a captured one, of which some is not known that a running one tells. */
const ALLOW = ['session', 'node-open'];
const CATEGORIES = { desk: 'controller', galaxy1: 'router', galaxy2: 'router', mail: 'application' } as const;

/** A machine with an SR-IOV card of which no VF is made yet. */
function machineWithPf() {
  const machine = simulateMachine(openHost(fixture('lab-intel')));
  for (const [name, category] of Object.entries(CATEGORIES))
    machine.libvirt.add(name, { category, ports: 1 });
  const definitions = (): readonly string[] => machine.libvirt.domains.map(({ definition }) => definition);
  return { machine, definitions, ports: simulatedPorts(machine) };
}

const kindsOf = (steps: readonly { readonly change: { readonly kind: string } }[]): readonly string[] =>
  steps.map(({ change }) => change.kind);

describe('a pool of VFs', () => {
  const POOL = {
    devices: [PF],
    to: { type: 'router' },
    policy: 'vf-pool',
    vlan: 25,
    allow: ALLOW,
  } as const;

  it('is one proposal: the VFs, and a definition each; once, and back to the byte', async () => {
    const { machine, definitions, ports } = machineWithPf();
    const [host, before] = [await openSession({ pciIds: 'bundled' }, ports), definitions()];
    const proposal = await host.assign(POOL);
    expect(kindsOf(proposal.plan.steps)).toEqual(['link', 'vfs', 'file', 'assignment', 'assignment']);
    expect(proposal.changesOnlyMachines).toBe(false);
    const { pool, devices, assignments, bootNotes, persistence } = proposal.subject;
    expect(pool?.machines.map(({ vf }) => vf.index)).toEqual([0, 1]);
    expect(assignments).toBe(pool?.machines);
    expect(devices.map(({ device }) => device.address)).toEqual([PF]);
    expect(bootNotes).toEqual([expect.stringMatching(/^after the next boot 0000:01:00\.0 has no VFs/)]);
    expect(persistence).toBe(null);

    expect(await host.apply(proposal)).toMatchObject({ outcome: 'done' });
    for (const [index, name] of ['galaxy1', 'galaxy2'].entries()) {
      const text = machine.libvirt.domain(name).definition;
      expect(text).toContain(`<mac address='${stableMac(pool?.vfs.state.card ?? '', index)}'/>`);
      expect(text).toContain("<tag id='25'/>");
    }
    expect((await host.assign(POOL)).plan.steps).toEqual([]);

    const back = await host.unassign({ devices: [PF] });
    expect(back.notes).toEqual([`the VFs of ${PF} are kept; to remove them: pci sriov set ${PF} --vfs 0`]);
    expect(await host.apply(back)).toMatchObject({ outcome: 'done' });
    expect(definitions()).toEqual(before);
  });

  it('outlives a boot if that is asked for', async () => {
    const { machine, ports } = machineWithPf();
    machine.files.files.set('/usr/lib/systemd/systemd', '');
    const host = await openSession({}, ports);
    const proposal = await host.assign({ ...POOL, persist: true });
    expect(proposal.subject.persistence?.after.pfs).toMatchObject([{ address: PF, count: 2 }]);
    expect(proposal.subject.bootNotes).toEqual([]);
  });

  it('goes to what runs, by the program', async () => {
    const { machine, ports } = machineWithPf();
    machine.libvirt.start('galaxy1');
    const args = [
      'assign',
      PF,
      '--type',
      'router',
      '--policy',
      'vf-pool',
      '--live',
      '--allow',
      // What is made of the interface of a new VF is not known either.
      [...ALLOW, 'net-stack'].join(','),
    ];
    const shown = await pciOn(ports, [...args, '--dry-run', '--json']);
    const document: unknown = JSON.parse(shown.stdout);
    const validate = validatorOf('plan', { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(document).toMatchObject({
      title: `Attach a VF of ${PF} to galaxy1`,
      live: { machines: [{ name: 'galaxy1' }], skipped: [{ name: 'galaxy2' }] },
    });
    const plugged = await pciOn(ports, [...args, '--yes']);
    expect(plugged, plugged.stderr).toMatchObject({ exitCode: 0, stdout: '' });
    expect(machine.libvirt.domain('galaxy1').live).toContain("<interface type='hostdev'");
    expect(await pciOn(ports, [...args, '--yes'])).toMatchObject({
      exitCode: 0,
      stdout: `1 VM: each already has its VF of ${PF}.\nNothing to do.\n`,
    });
  });

  it('is refused, with nothing changed, if it cannot be', async () => {
    const { machine, ports } = machineWithPf();
    const before = machine.libvirt.state();
    const host = await openSession({}, ports);
    await expect(host.assign({ ...POOL, devices: [PF, '02:00.0'] })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      subject: '--policy vf-pool',
    });
    await expect(host.assign({ ...POOL, rom: 'off' })).rejects.toMatchObject({ subject: '--rom' });
    await expect(host.assign({ ...POOL, vlan: 5000 })).rejects.toMatchObject({ subject: '--vlan' });
    expect(machine.libvirt.state()).toBe(before);
  });
});

describe('a VF that is named', () => {
  it('goes as an interface, with a MAC that stays', async () => {
    const machine = simulateMachine(openHost(fixture('lab-intel-vfio')));
    const { definition } = machine.libvirt.add('mail', { category: 'application', ports: 1 });
    const host = await openSession({}, simulatedPorts(machine));
    const vf = { devices: ['0000:01:10.2'], to: { machines: ['mail'] }, allow: ALLOW } as const;
    const first = await host.assign({ ...vf, policy: 'exclusive' });
    expect(await host.apply(first)).toMatchObject({ outcome: 'done' });
    const given = machine.libvirt.domain('mail').definition;
    const mac = /<mac address='([\da-f:]+)'\/>/.exec(given)?.[1];
    const card = readCapturedLink(machine.reader, PF)?.mac ?? '';
    expect(mac).toBe(stableMac(card, 1));
    expect((await host.assign({ ...vf, policy: 'exclusive' })).plan.steps).toEqual([]);
    await host.apply(await host.unassign({ devices: vf.devices }));
    expect(machine.libvirt.domain('mail').definition).toBe(definition);
  });
});

describe('assignment by rules', () => {
  const RULES = ['session', 'block-open', 'sound-in-use', 'node-open'];

  it('shares out the host by the library, and tells what stays', async () => {
    const { machine, definitions, ports } = machineWithPf();
    const [host, before] = [await openSession({}, ports), definitions()];
    const proposal = await host.assignByRules({ allow: RULES });
    const { left, devices, assignments } = proposal.subject;
    expect(left?.map(({ device }) => device.address)).toContain('0000:00:0a.0');
    expect(devices.find(({ device }) => device.address === PF)?.why).toMatch(/ → router$/);
    expect(new Set(assignments.map(({ machine: { name } }) => name))).toEqual(
      new Set(['desk', 'galaxy1', 'galaxy2']),
    );
    expect(await host.apply(proposal)).toMatchObject({ outcome: 'done' });
    expect(ownAddresses(machine.libvirt.domain('galaxy1').definition)).toContain(PF);
    expect((await host.assignByRules({ allow: RULES })).plan.steps).toEqual([]);
    const given = devices.map(({ device }) => device.address);
    expect(await host.apply(await host.unassign({ devices: given }))).toMatchObject({ outcome: 'done' });
    expect(definitions()).toEqual(before);
  });

  it('takes rules of one’s own, and says where they are wrong', async () => {
    const { ports } = machineWithPf();
    const host = await openSession({}, ports);
    const rules = `portal-gun: assignment-rules/v1\nrules:\n  - devices: ${PF}\n    to: application\n  - devices: rest\n    to: nobody\n`;
    const { subject } = await host.assignByRules({ rules, allow: RULES });
    expect(subject.devices.map(({ device }) => device.address)).toEqual([PF]);
    expect(subject.assignments.map(({ machine: { name } }) => name)).toEqual(['mail']);
    await expect(host.assignByRules({ rules: 'rules: []', rulesName: 'mine.yaml' })).rejects.toMatchObject({
      code: 'BAD_RULES',
      subject: expect.stringMatching(/^mine\.yaml/),
    });
  });

  it('goes the same way by the program', async () => {
    const { machine, ports } = machineWithPf();
    const before = machine.libvirt.state();
    const args = ['assign', '--by-rules', '--allow', RULES.join(',')];
    const shown = await pciOn(ports, [...args, '--dry-run']);
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toContain('\nStays with the host:\n');
    const { stdout } = await pciOn(ports, [...args, '--dry-run', '--json']);
    const document = JSON.parse(stdout) as { left: readonly { code: string }[] };
    const validate = validatorOf('plan', { strict: true });
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(document.left.map(({ code }) => code)).toContain('bridge');
    expect((await pciOn(ports, [...args, '--script'])).stdout).toMatch(/^#!\/bin\/sh\n/);
    expect(machine.libvirt.state()).toBe(before);
    expect(await pciOn(ports, [...args, '--yes'])).toMatchObject({ exitCode: 0, stdout: '' });
    const again = await pciOn(ports, [...args, '--yes']);
    expect(again.stdout).toMatch(/^Stays with the host:\n|\nNothing to do\.\n$/);
    expect((await pciOn(ports, ['assign', '--print-rules'])).stdout).toMatch(/^# How pci assign --by-rules/);
  });
});
