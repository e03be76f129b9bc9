import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSession, type Session } from '../../lib/operations/open-session.ts';
import { functionHere, HERE } from '../support/host-use.ts';
import { idleHost } from '../support/idle-host.ts';
import { fixture, pciOn } from '../support/pci-program.ts';
import { simulateMachine } from '../support/simulated-changes.ts';
import { type SimulatedPorts, simulatedPorts } from '../support/simulated-ports.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const OTHER = '0000:00:04.0';
const NAMES = { pciIds: 'bundled' } as const;
const folder = temporaryFolder();

/** A machine with a network card and a serial port, each alone in its group. */
function ports({ isRoot = true }: { readonly isRoot?: boolean } = {}): SimulatedPorts {
  const functions = [
    functionHere({ driver: 'igb' }),
    functionHere({ address: OTHER, driver: 'serial', classCode: '070002', group: 4 }),
  ];
  return simulatedPorts(simulateMachine(idleHost(functions)), { isRoot });
}

const here = (): Promise<Session> => openSession(NAMES, ports());
const captured = (name: string): Promise<Session> => openSession({ ...NAMES, host: fixture(name) }, ports());

describe('devices', () => {
  it('are listed with all facts, or with those that are asked for', async () => {
    const host = await here();
    const { selected, inventory, origin } = await host.list();
    expect(selected.map(({ address }) => address)).toEqual([HERE, OTHER]);
    expect(selected[0]).toMatchObject({ driver: 'igb', iommuGroup: 3, resetMethods: ['flr'] });
    expect([origin, inventory.diagnostics]).toEqual(['idle', []]);
    const [few] = (await host.list(['driver=serial'], { fields: ['class'] })).selected;
    expect(few).toMatchObject({
      address: OTHER,
      class: { code: '070002' },
      driver: 'serial',
      iommuGroup: { unknown: 'unread' },
    });
  });

  it('that selectors mean none of are none, with what was meant', async () => {
    const { selected, suggestion } = await (await here()).list(['driver=ibg']);
    expect([selected, suggestion]).toEqual([[], 'driver=igb']);
    expect(await pciOn(ports(), ['list', 'driver=ibg'])).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'pci: no device matches; did you mean driver=igb?\n',
    });
  });

  it.each([['list', '99:00.0'] as const, ['show', '99:00.0'] as const, ['groups', '99:00.0'] as const])(
    'that are not there are an error of %s',
    async (method, word) => {
      const host = await here();
      const asked = method === 'show' ? host.show(word) : host[method]([word]);
      await expect(asked).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND', subject: word });
      expect(await pciOn(ports(), [method, word, '--json'])).toMatchObject({ exitCode: 3 });
    },
  );

  it('are not read where a list of names is none', async () => {
    const host = await openSession({ pciIds: 'package.json' }, ports());
    await expect(host.list()).rejects.toMatchObject({ code: 'BAD_NAMES' });
  });

  it('are the same by the program', async () => {
    const { exitCode, stdout, stderr } = await pciOn(ports(), ['list', '--json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      host: { label: 'idle' },
      devices: [{ address: HERE }, { address: OTHER }],
    });
    const rows = await pciOn(ports(), ['list', '-c', 'address,driver', '--no-header']);
    expect(rows.stdout).toBe(`${HERE}  igb\n${OTHER}  serial\n`);
  });
});

describe('one device', () => {
  it('is shown with its group, and what it takes to pass it through', async () => {
    const shown = await (await here()).show('driver=igb');
    expect(shown.device.address).toBe(HERE);
    expect(shown.group).toMatchObject({ id: 3, verdict: 'bindable' });
    expect(shown.notes.map(({ code }) => code)).toContain('bind');
    expect(JSON.parse((await pciOn(ports(), ['show', HERE, '--json'])).stdout)).toMatchObject({
      device: { address: HERE },
      group: { id: 3 },
      diagnostics: shown.diagnostics,
    });
  });

  it('has a selector that means no other', async () => {
    await expect((await here()).show('8086:10c9')).rejects.toMatchObject({ code: 'AMBIGUOUS_DEVICE' });
  });
});

describe('IOMMU groups', () => {
  it('are listed with whether they can be given', async () => {
    const { groups, ungrouped } = await (await here()).groups();
    expect(groups.map(({ id, verdict }) => [id, verdict])).toEqual([
      [3, 'bindable'],
      [4, 'bindable'],
    ]);
    expect(ungrouped).toEqual([]);
  });

  it('that cannot be given are left out where that is asked for', async () => {
    const host = await captured('shared-group');
    const all = (await host.groups()).groups;
    const viable = (await host.groups([], { viable: true })).groups;
    expect(viable).toEqual(all.filter(({ verdict }) => verdict !== 'never'));
    expect(viable.length).toBeLessThan(all.length);
  });

  it('are none without an IOMMU, and its devices are without a group', async () => {
    const { groups, ungrouped, inventory } = await (await captured('no-iommu')).groups();
    expect([groups, inventory.iommu]).toEqual([[], false]);
    expect(ungrouped).toEqual(inventory.devices);
  });
});

it('the tree has the bridges that lead to a device, and no other', async () => {
  const host = await captured('shared-group');
  const { roots, selected } = await host.tree(['01:00.0']);
  const [root] = roots;
  expect(roots).toHaveLength(1);
  expect(root?.children.map(({ children }) => children.map(({ device }) => device.address))).toEqual([
    [selected[0]?.address],
  ]);
  const { exitCode, stdout } = await pciOn(ports(), ['tree', '--json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    roots: [{ children: [{ address: HERE }, { address: OTHER }] }],
  });
});

describe('a snapshot', () => {
  it('has stand-ins unless it is raw, and is a host of its own', async () => {
    const host = await here();
    const { snapshot, text } = await host.snapshot();
    expect(snapshot.identifiers).toBe('replaced');
    expect((await host.snapshot({ raw: true })).snapshot.identifiers).toBe('raw');
    const path = join(folder, 'here.snapshot');
    writeFileSync(path, text);
    const again = await openSession({ ...NAMES, host: path }, ports());
    expect((await again.snapshot()).text).toBe(text);
    expect((await again.list()).selected.map(({ address }) => address)).toEqual([HERE, OTHER]);
  });

  it('says that its stand-ins can be guessed if the host has no machine id', async () => {
    const notes = [
      'this host has no machine-id, so anyone who guesses a MAC or serial number can verify the guess',
    ];
    expect((await (await here()).snapshot()).notes).toEqual(notes);
    expect((await (await here()).snapshot({ raw: true })).notes).toEqual([]);
    expect((await pciOn(ports(), ['snapshot'])).stderr).toBe(`pci: note: ${notes[0]}\n`);
  });

  it('is a file of its owner by the program, which replaces no other', async () => {
    const path = join(folder, 'written.snapshot');
    expect(await pciOn(ports({ isRoot: false }), ['snapshot', '-o', path])).toMatchObject({ exitCode: 0 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe((await (await here()).snapshot()).text);
    writeFileSync(path, 'something else');
    const refused = await pciOn(ports(), ['snapshot', '-o', path, '--json']);
    expect(refused).toMatchObject({ exitCode: 4, stdout: expect.stringContaining('FILE_EXISTS') });
    expect(await pciOn(ports(), ['snapshot', '-o', path, '--overwrite'])).toMatchObject({ exitCode: 0 });
  });
});

describe('two hosts', () => {
  it('are compared by what came, went, moved and changed', async () => {
    const before = await here();
    const machine = simulateMachine(idleHost([functionHere({ driver: 'vfio-pci' })]));
    const now = await openSession(NAMES, simulatedPorts(machine));
    const { differences } = await now.diff(before);
    expect(differences.map(({ kind }) => kind).sort()).toEqual(['changed', 'gone']);
    expect((await before.diff(await here())).differences).toEqual([]);
  });

  it('are compared by stand-ins if one has them', async () => {
    const path = join(folder, 'before.snapshot');
    writeFileSync(path, (await (await here()).snapshot()).text);
    const before = await openSession({ ...NAMES, host: path }, ports());
    expect((await (await here()).diff(before)).differences).toEqual([]);
    expect(await pciOn(ports(), ['diff', path])).toEqual({
      exitCode: 0,
      stdout: 'No difference: 2 devices.\n',
      stderr: '',
    });
    expect(await pciOn(ports(), ['diff', 'host', fixture('no-pci')])).toMatchObject({ exitCode: 6 });
    expect(await pciOn(ports(), ['diff', fixture('shared-group'), 'host'])).toMatchObject({ exitCode: 1 });
  });
});

describe('what tells the devices', () => {
  it('is no libvirt of a captured host, and not the kernel where a libvirt is named', async () => {
    const host = { host: fixture('shared-group') };
    for (const [options, subject] of [
      [{ ...host, source: 'libvirt' }, '--host'],
      [{ ...host, connect: 'test:///default' }, '--host'],
      [{ source: 'sysfs', connect: 'test:///default' }, '--connect'],
    ] as const) {
      const session = await openSession({ ...NAMES, ...options }, ports());
      await expect(session.list()).rejects.toMatchObject({ code: 'BAD_ARGUMENT', subject });
    }
  });

  it('completes values, without a start of another program', async () => {
    const { stdout } = await pciOn(ports(), ['__complete', 'show', '00:0']);
    expect(stdout.split('\n').map((line) => line.split('\t')[0])).toEqual(
      expect.arrayContaining(['00:03.0', '00:04.0']),
    );
  });
});
