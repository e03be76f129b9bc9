import { describe, expect, it } from 'vitest';
import { openSession } from '../../lib/operations/open-session.ts';
import { ALLOW_UNTOLD, labMachine, UNTOLD_RULES } from '../support/lab-machine.ts';
import { stateOf } from '../support/simulated-changes.ts';
import { NETWORK_PF, NVME_PF } from '../support/vf-plans.ts';

const VF = '0000:01:10.0';

describe('SR-IOV by the library', () => {
  it('is proposed, applied, and nothing the second time', async () => {
    const { machine, ports, vfsOf } = labMachine();
    const host = await openSession({ pciIds: 'bundled' }, ports);
    const before = stateOf(machine);
    const proposal = await host.setVfs({ pf: NETWORK_PF, vfs: 2, each: new Map([[1, { trust: true }]]) });
    expect(proposal.refusals).toEqual([]);
    expect(proposal.subject).toMatchObject({
      vfs: { from: { count: 0 }, to: { count: 2 } },
      persistence: null,
    });
    expect(stateOf(machine)).toBe(before);
    expect((await host.apply(proposal)).outcome).toBe('done');
    expect(vfsOf(NETWORK_PF)).toBe(2);

    const { pfs, recovery, notes } = await host.sriov({ devices: [VF] });
    expect(pfs.map(({ pf, vfs }) => [pf.address, vfs.length])).toEqual([[NETWORK_PF, 2]]);
    expect([recovery, notes]).toEqual([[], []]);
    expect((await host.setVfs({ pf: NETWORK_PF, vfs: 2 })).plan.steps).toEqual([]);
  });

  it('refuses what it cannot tell to be free, and takes VFs away where that is allowed', async () => {
    const { ports, vfsOf } = labMachine();
    const host = await openSession({}, ports);
    await host.apply(await host.setVfs({ pf: NETWORK_PF, vfs: 2 }));
    const refused = await host.setVfs({ pf: NETWORK_PF, vfs: 0 });
    expect(refused.refusals).toContainEqual(
      expect.objectContaining({ name: 'session', severity: 'unknown' }),
    );
    await expect(host.apply(refused)).rejects.toMatchObject({ code: 'DEVICE_IN_USE' });
    expect(vfsOf(NETWORK_PF)).toBe(2);
    await host.apply(await host.setVfs({ pf: NETWORK_PF, vfs: 0, allow: UNTOLD_RULES }));
    expect(vfsOf(NETWORK_PF)).toBe(0);
  });

  it.each([
    ['nothing', {}, 'BAD_ARGUMENT'],
    ['no number', { vfs: 1.5 }, 'BAD_ARGUMENT'],
    ['more than the card has', { vfs: 8 }, 'BAD_ARGUMENT'],
    ['a VF that is not there', { vfs: 1, each: new Map([[1, { trust: true }]]) }, 'BAD_ARGUMENT'],
    ['a rule that is none', { vfs: 1, allow: ['nope'] }, 'BAD_ARGUMENT'],
    ['no PF', { pf: '00:00.0', vfs: 1 }, 'NO_SRIOV'],
    ['no device', { pf: '1f:1f.7', vfs: 1 }, 'DEVICE_NOT_FOUND'],
  ])('takes %s for an error', async (_, options, code) => {
    const host = await openSession({}, labMachine().ports);
    await expect(host.setVfs({ pf: NETWORK_PF, ...options })).rejects.toMatchObject({ code });
  });

  it('restores and forgets what is persisted', async () => {
    const { machine, ports, vfsOf } = labMachine();
    const host = await openSession({}, ports);
    const before = stateOf(machine);
    const kept = await host.setVfs({ pf: NVME_PF, vfs: 2, persist: true });
    expect(kept.subject.persistence?.after.pfs).toMatchObject([{ address: NVME_PF, count: 2 }]);
    await host.apply(kept);
    expect((await host.restoreVfs()).plan.steps).toEqual([]);
    await host.apply(await host.setVfs({ pf: NVME_PF, vfs: 0, allow: UNTOLD_RULES }));
    const [listed] = (await host.sriov({ devices: [NVME_PF] })).pfs;
    expect(listed?.persisted).toBe('not-in-force');

    const restoration = await host.restoreVfs();
    expect(restoration.subject).toMatchObject({ entries: [{ address: NVME_PF }], left: [] });
    expect((await host.apply(restoration)).outcome).toBe('done');
    expect(vfsOf(NVME_PF)).toBe(2);

    await expect(host.forgetVfs(['03:00.0'])).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
    await host.apply(await host.forgetVfs([NVME_PF]));
    await host.apply(await host.setVfs({ pf: NVME_PF, vfs: 0, allow: UNTOLD_RULES }));
    expect(stateOf(machine)).toBe(before);
  });
});

describe('pci sriov', () => {
  it('sets, shows and lists, as text and as data', async () => {
    const { machine, run, vfsOf } = labMachine();
    const before = stateOf(machine);
    const set = ['sriov', 'set', NETWORK_PF, '--vfs', '2', '--vlan', '100', '--vf', '1:trust=on'];
    const shown = await run(...set, '--dry-run');
    expect(shown).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('0 → 2 VFs') });
    const data = JSON.parse((await run(...set, '--dry-run', '--json')).stdout);
    expect(data).toMatchObject({
      schema: 'portal-gun/plan/v1',
      pfs: [{ address: NETWORK_PF }],
      persistence: null,
    });
    const script = await run(...set, '--script');
    expect(script).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^#!\/bin\/sh\n/) });
    expect(stateOf(machine)).toBe(before);

    // Nobody is there to be asked.
    expect(await run(...set)).toMatchObject({ exitCode: 2 });
    expect(await run(...set, '--yes')).toMatchObject({ exitCode: 0 });
    expect(vfsOf(NETWORK_PF)).toBe(2);
    expect(await run(...set, '--yes')).toMatchObject({
      exitCode: 0,
      stdout: `${NETWORK_PF} has 2 VFs, as asked.\nNothing to do.\n`,
    });
    expect((await run('sriov', 'list')).stdout).toContain('2 PFs, 2 VFs.\n');
    expect(JSON.parse((await run('sriov', 'list', VF, '--json')).stdout)).toMatchObject({
      schema: 'portal-gun/sriov/v1',
      pfs: [{ address: NETWORK_PF, vfs: [{ address: VF, settings: { vlan: { id: 100 } } }, {}] }],
    });
    expect(await run('sriov', 'list', '03:00.0')).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'pci: none of these devices can have VFs\n',
    });
  });

  it('is refused where VFs would go that may be in use', async () => {
    const { run, vfsOf } = labMachine();
    await run('sriov', 'set', NETWORK_PF, '--vfs', '2', '--yes');
    const more = ['sriov', 'set', NETWORK_PF, '--vfs', '3'];
    expect(await run(...more, '--yes')).toMatchObject({ exitCode: 4 });
    expect(await run(...more, '--dry-run')).toMatchObject({ exitCode: 0 });
    expect(await run(...more, '--script')).toMatchObject({ exitCode: 4, stdout: '' });
    expect(vfsOf(NETWORK_PF)).toBe(2);
    expect(await run(...more, '--yes', ...ALLOW_UNTOLD)).toMatchObject({ exitCode: 0 });
    expect(vfsOf(NETWORK_PF)).toBe(3);
  });

  it('is for root', async () => {
    const { machine, run } = labMachine({ isRoot: false });
    const before = stateOf(machine);
    expect(await run('sriov', 'set', NETWORK_PF, '--vfs', '2', '--yes')).toMatchObject({ exitCode: 5 });
    expect(stateOf(machine)).toBe(before);
  });

  it.each([
    [['sriov', 'set', NETWORK_PF], 2],
    [['sriov', 'set', NETWORK_PF, '--vfs', 'many'], 2],
    [['sriov', 'set', NETWORK_PF, '--vf', '1'], 2],
    [['sriov', 'set', NETWORK_PF, '--vf', '1:colour=red'], 2],
    [['sriov', 'set', '1f:1f.7', '--vfs', '1'], 3],
    [['sriov', 'restore', '--check', '--forget', NETWORK_PF], 2],
    [['sriov', 'restore', '--forget', NETWORK_PF], 3],
    [['sriov', 'forget', NETWORK_PF], 3],
    [['sriov', 'forget'], 2],
  ])('%j exits with %i', async (args, exitCode) => {
    expect(await labMachine().run(...args)).toMatchObject({ exitCode });
  });

  it('restores what is persisted, checks it, and forgets it', async () => {
    const { machine, run, vfsOf } = labMachine();
    const { files } = machine.files;
    expect((await run('sriov', 'restore', '--yes')).stdout).toContain('No VFs are persisted');
    await run('sriov', 'set', NVME_PF, '--vfs', '2', '--persist', '--yes');
    expect(await run('sriov', 'restore', '--check')).toMatchObject({
      exitCode: 0,
      stdout: '1 PF with persisted VFs, 1 in force.\nNothing to do.\n',
    });
    const persisted = new Map(files);
    const { stderr } = await run('sriov', 'set', NVME_PF, '--vfs', '0', '--yes', ...ALLOW_UNTOLD);
    expect(stderr).toContain(`pci: note: ${NVME_PF} has 2 VFs at the next boot, as persisted`);
    expect(await run('sriov', 'restore', '--check')).toMatchObject({ exitCode: 1 });
    expect(await run('sriov', 'list', '--check')).toMatchObject({ exitCode: 1 });
    expect(await run('sriov', 'list', '--check', NETWORK_PF)).toMatchObject({ exitCode: 0 });
    expect(await run('sriov', 'restore', '--dry-run')).toMatchObject({ exitCode: 0 });
    expect(vfsOf(NVME_PF)).toBe(0);
    expect(await run('sriov', 'restore', '--yes')).toMatchObject({ exitCode: 0 });
    expect(vfsOf(NVME_PF)).toBe(2);

    // One whose PF is gone is said, and left.
    const record = '/etc/portal-gun/virtual-functions.json';
    files.set(
      record,
      (files.get(record) ?? '').replace('/05.0/', '/1d.0/').replace('1b36:0010', '1b36:0011'),
    );
    expect(await run('sriov', 'list', '--check')).toMatchObject({ exitCode: 1 });
    const left = await run('sriov', 'restore', '--yes');
    expect(left.exitCode).toBe(1);
    expect(left.stderr).toMatch(/^pci: 0000:\S+ is left: NOT FOUND/m);
    files.set(record, persisted.get(record) ?? '');

    expect(await run('sriov', 'list', '--check')).toMatchObject({ exitCode: 0 });
    const forget = await run('sriov', 'forget', NVME_PF, '--dry-run');
    expect(forget).toEqual(await run('sriov', 'restore', '--forget', NVME_PF, '--dry-run'));
    expect(await run('sriov', 'forget', NVME_PF, '--yes')).toMatchObject({ exitCode: 0 });
    expect(files.has(record)).toBe(false);
  });
});
