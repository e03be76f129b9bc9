import { describe, expect, it } from 'vitest';
import {
  BINDING_FILES,
  DEBIAN,
  type Files,
  filesAfter,
  hostsWithFiles,
  INITRAMFS_STATE,
} from '../support/hosts-with-files.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { BUNDLED_NAMES, fixture, pciInside } from '../support/pci-program.ts';

const OURS = BINDING_FILES;
const RECORD = OURS[0];
const STATE = INITRAMFS_STATE;
const hostWith = hostsWithFiles();

interface Change {
  readonly kind: string;
  readonly path?: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly executable?: boolean;
}

interface PlanDocument {
  readonly title: string;
  readonly steps: readonly { readonly change: Change }[];
  readonly persistence: { readonly bindings: readonly object[]; readonly ended: readonly object[] } | null;
}

interface BindingsDocument {
  readonly bindings: readonly {
    readonly binding: { readonly address: string };
    readonly state: string;
    readonly device: { readonly address: string; readonly driver: unknown } | null;
  }[];
  readonly outdated: readonly string[];
}

const validatePlan = validatorOf('plan', { strict: true });
const validateBindings = validatorOf('pci-bindings', { strict: true });

async function planOf(...args: readonly string[]): Promise<PlanDocument> {
  const { stdout, exitCode } = await pciInside([...args, '--dry-run', '--json']);
  expect(exitCode).toBe(0);
  const document: unknown = JSON.parse(stdout);
  validatePlan(document);
  expect(validatePlan.errors ?? []).toEqual([]);
  return document as PlanDocument;
}

async function bindingsOf(host: readonly string[]): Promise<BindingsDocument> {
  const { stdout, exitCode } = await pciInside(['bindings', '--json', ...host]);
  expect(exitCode).toBe(0);
  const document: unknown = JSON.parse(stdout);
  validateBindings(document);
  expect(validateBindings.errors ?? []).toEqual([]);
  return document as BindingsDocument;
}

const states = ({ bindings }: BindingsDocument) =>
  bindings.map(({ binding, state, device }) => `${binding.address} ${state} ${device?.address ?? '-'}`);

const persisted = async (...devices: readonly string[]): Promise<Files> =>
  filesAfter((await planOf('bind', ...devices, '--persist', ...hostWith({}))).steps);

/** One with a virtual function that is bound, and persisted. */
async function boundHost(): Promise<readonly string[]> {
  const plan = await planOf('bind', '01:10.2', '--persist', ...hostWith({}, DEBIAN, 'lab-intel-vfio'));
  return hostWith(filesAfter(plan.steps), DEBIAN, 'lab-intel-vfio');
}

describe('pci bind --persist', () => {
  it('writes a record and all that brings it about at a boot, and has the initramfs made around it', async () => {
    const { steps, persistence } = await planOf('bind', '03:00.0', '--persist', ...hostWith({}));
    const changes = steps.map(({ change }) => change);
    const [last] = changes.slice(-1);
    expect(changes.map(({ kind, path }) => path ?? kind)).toEqual([
      'module',
      '/run/portal-gun/earlier-drivers.json',
      'driver',
      'driver',
      'initramfs',
      ...OURS,
      'initramfs',
    ]);
    expect(changes.filter(({ executable }) => executable).map(({ path }) => path)).toEqual([
      OURS[1],
      OURS[3],
    ]);
    expect(last).toEqual({ kind: 'initramfs', from: 'stale', to: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(persistence).toMatchObject({
      bindings: [{ address: '0000:03:00.0' }, { address: '0000:03:00.1' }],
      ended: [],
    });
  });

  it('says what is known of each, and when in a boot it is bound', async () => {
    const { stdout } = await pciInside(['bind', '07:00.0', '--persist', '--dry-run', ...hostWith({})]);
    expect(stdout).toContain(
      '0000:07:00.0  vfio-pci at each boot  its place pci0000:00/07.0/00.0/01.0/00.0\n',
    );
    expect(stdout).toContain('in the initramfs (initramfs-tools) and after it.\n');
    expect(stdout).toContain('by portal-gun.service, before libvirt starts.\n');
  });

  it.each([
    [
      'nothing that it knows',
      [],
      'once the root file system is there',
      'Late: nothing binds them at boot, because there is no systemd',
    ],
    [
      'another maker of RAM disks',
      ['/usr/bin/dracut'],
      'Early binding does not cover the initramfs on this host (dracut). If a driver in the initramfs claims the device first, it stays with the host.',
      'Late: nothing',
    ],
    ['systemd', [DEBIAN[1]], 'once the root file system is there', 'by portal-gun.service'],
  ])('says what is not covered on a host that starts with %s', async (_, programs, early, late) => {
    const host = hostWith({}, programs);
    const { stdout } = await pciInside(['bind', '07:00.0', '--persist', '--dry-run', ...host]);
    expect(stdout).toContain(early);
    expect(stdout).toContain(late);
    const { steps } = await planOf('bind', '07:00.0', '--persist', ...host);
    expect(steps.some(({ change }) => change.kind === 'initramfs')).toBe(false);
  });

  it('has but files to write for what is bound, and nothing for what is persisted', async () => {
    const bound = ['--host', fixture('lab-intel-vfio'), ...BUNDLED_NAMES];
    const { title, steps } = await planOf('bind', '01:10.2', '--persist', ...bound);
    expect(title).toBe('Persist bindings over reboots');
    expect(new Set(steps.map(({ change }) => change.kind))).toEqual(new Set(['initramfs', 'file']));
    const files = await persisted('07:00.0');
    const again = await planOf('bind', '07:00.0', '--persist', ...hostWith(files));
    expect(again.steps.map(({ change }) => change.kind)).toEqual(['module', 'file', 'driver']);
  });

  it('writes the same in whatever order it is told', async () => {
    const first = await persisted('07:00.0');
    const plan = await planOf('bind', '03:00.0', '--persist', ...hostWith(first));
    const files = filesAfter(plan.steps, first);
    expect(files).toEqual(await persisted('03:00.0', '07:00.0'));
    expect((await bindingsOf(hostWith(files))).outdated).toEqual([]);
  });

  it('writes anew what was spoilt, and the initramfs with it', async () => {
    const files = await persisted('07:00.0');
    const spoilt = { ...files, [OURS[1]]: '#!/bin/sh\n' };
    expect((await bindingsOf(hostWith(spoilt))).outdated).toEqual([OURS[1], 'initramfs']);
    const { steps } = await planOf('bind', '07:00.0', '--persist', ...hostWith(spoilt));
    expect(filesAfter(steps, spoilt)).toEqual(files);
    const stale = { ...files, [STATE]: 'stale\n' };
    expect((await bindingsOf(hostWith(stale))).outdated).toEqual(['initramfs']);
  });
});

describe('a binding that can only be made late', () => {
  const lateOf = async (...words: readonly string[]) =>
    ((await planOf(...words)).persistence as unknown as { late: object[]; warnings: string[] }).late;

  it('is said to be so, and why, and has no early program', async () => {
    const host = hostWith({});
    const { stdout } = await pciInside(['bind', '02:00.0', '--persist', '--dry-run', ...host]);
    expect(stdout).toContain(
      '0000:02:00.0 binds late, after the initramfs: no serial number was read from its configuration space, and disks of the host may be attached to a controller of this class.\n',
    );
    expect(stdout).not.toContain('Early:');
    expect(await lateOf('bind', '02:00.0', '--persist', ...host)).toMatchObject([
      { address: '0000:02:00.0', reason: 'storage' },
    ]);
    const files = await persisted('02:00.0');
    expect(Object.keys(files)).toEqual([OURS[0], OURS[4], OURS[5]]);
    const { bindings, outdated } = await bindingsOf(hostWith(files));
    expect({ bindings, outdated }).toMatchObject({ bindings: [{ stage: 'late' }], outdated: [] });
  });

  it('is what an earlier version wrote down without a serial number, until it is said again', async () => {
    const files = await persisted('07:00.0');
    const { devices, ...record } = JSON.parse(files[RECORD] ?? '') as { devices: Record<string, unknown>[] };
    const earlier = devices.map(({ only: _, class: __, ...each }) => each);
    const old = { ...files, [RECORD]: JSON.stringify({ ...record, devices: earlier }) };
    const document = await bindingsOf(hostWith(old));
    expect(document.bindings).toMatchObject([{ stage: 'late' }]);
    // What is there binds early all the same, and has to go.
    expect(document.outdated).toContain(OURS[1]);
    const { steps } = await planOf('bind', '07:00.0', '--persist', ...hostWith(old));
    expect(filesAfter(steps, old)).toEqual(files);
  });
});

describe('a change that was cut short', () => {
  const JOURNAL = {
    schema: 'portal-gun/journal/v1',
    bootId: 'another',
    startedAt: '2026-11-22T07:00:00.000Z',
    plan: { title: 'Bind group 18 to vfio-pci: 1 device', guards: [], steps: [] },
  };
  const folder = '/var/lib/portal-gun/journal';
  const cutShort = (files: Files, journal: string) =>
    hostWith({ ...files, [`${folder}/20261122T070000000Z.jsonl`]: journal }, DEBIAN, 'lab-intel', {
      [folder]: { kind: 'directory', names: ['20261122T070000000Z.jsonl'] },
    });

  it('is told of by what lists and by what validates, as text and as data', async () => {
    const host = cutShort({}, JSON.stringify(JOURNAL));
    for (const command of [['bindings'], ['sriov', 'list'], ['validate']]) {
      const text = await pciInside([...command, ...host]);
      expect(text.stderr, command.join(' ')).toContain(
        'pci: "Bind group 18 to vfio-pci: 1 device" (2026-11-22T07:00:00.000Z) was interrupted: a recovery is pending; run pci recover',
      );
      const { stdout } = await pciInside([...command, '--json', ...host]);
      expect(JSON.parse(stdout)).toMatchObject({
        recovery: [{ startedAt: JOURNAL.startedAt, title: JOURNAL.plan.title, standing: 'cut-short' }],
      });
    }
  });

  it('is not taken for none where that can not be told', async () => {
    const { stdout } = await pciInside(['bindings', '--json', ...hostWith({})]);
    expect(JSON.parse(stdout)).toMatchObject({ recovery: { unknown: 'unread' } });
    const broken = await pciInside(['bindings', '--json', ...cutShort({}, '{')]);
    expect(JSON.parse(broken.stdout)).toMatchObject({ recovery: { unknown: 'broken' } });
    expect(broken.stderr).toContain('it is not a journal of this version');
  });

  it('leaves what it was about, and nothing else', async () => {
    const files = await persisted('07:00.0');
    const both = filesAfter((await planOf('bind', '03:00.0', '--persist', ...hostWith(files))).steps, files);
    const change = { kind: 'file', path: RECORD, from: files[RECORD], to: both[RECORD] };
    const journal = { ...JOURNAL, plan: { ...JOURNAL.plan, steps: [{ words: '-', change }] } };
    const host = cutShort(both, `${JSON.stringify(journal)}\n{"step":0,"mark":"begun"}`);
    const restored = await pciInside(['bindings', '--restore', '--dry-run', '--json', ...host]);
    expect(restored.exitCode).toBe(1);
    expect((JSON.parse(restored.stdout) as { devices: { address: string }[] }).devices).toMatchObject([
      { address: '0000:07:00.0' },
    ]);
    for (const each of ['0000:03:00.0', '0000:03:00.1']) {
      expect(restored.stderr).toContain(
        `pci: ${each} is left: "${JOURNAL.plan.title}" changes it, and was interrupted`,
      );
    }
  });
});

describe('a plan to bind', () => {
  it.each([
    [
      'an install command',
      { '/etc/modprobe.d/no.conf': 'install vfio-pci /bin/false\n' },
      '/etc/modprobe.d/no.conf: install',
    ],
    [
      'a blacklist',
      { '/etc/modprobe.d/no.conf': 'blacklist vfio_iommu_type1\n' },
      '/etc/modprobe.d/no.conf: blacklist',
    ],
    ['the kernel command line', { '/proc/cmdline': 'quiet module_blacklist=vfio\n' }, 'kernel command line'],
  ])('stops a plan that loads vfio-pci where %s forbids it, in the dry run', async (_, files, evidence) => {
    const folders = { '/etc/modprobe.d': { kind: 'directory', names: ['no.conf'] } } as const;
    const none = Object.fromEntries(
      ['/run/modprobe.d', '/usr/lib/modprobe.d', '/lib/modprobe.d'].map((path) => [path, { kind: 'absent' }]),
    ) as Record<string, { kind: 'absent' }>;
    const { '/proc/cmdline': line, '/etc/modprobe.d/no.conf': conf } = files as Record<string, string>;
    const texts = line === undefined ? {} : { '/proc/cmdline': line };
    const lines = { kind: 'lines', lines: conf === undefined ? [] : [conf.trim()] } as const;
    const host = hostWith(texts, DEBIAN, 'lab-intel', {
      ...folders,
      ...none,
      '/etc/modprobe.d/no.conf': lines as never,
    });
    const { exitCode, stderr } = await pciInside(['bind', '07:00.0', '--dry-run', ...host]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 6, stderr: expect.stringContaining(evidence) });
    expect(stderr).toContain('NO_DRIVER');
  });

  it('suggests no other card for one that is bound', async () => {
    const host = ['--host', fixture('lab-intel-vfio'), ...BUNDLED_NAMES];
    const { exitCode, stderr } = await pciInside(['bind', 'netdev=enp1s0v9', '--dry-run', ...host]);
    expect(exitCode).toBe(3);
    expect(stderr).not.toContain('did you mean');
    expect(stderr).toContain('0000:01:10.2');
  });
});

describe('pci unbind', () => {
  it('keeps what is persisted, unless it is told not to; with the last, all files go', async () => {
    const files = await persisted('03:00.0', '07:00.0');
    const one = await planOf('unbind', '07:00.0', '--persist', ...hostWith(files));
    expect(one).toMatchObject({ title: 'Remove persisted bindings' });
    expect(one.persistence?.ended).toMatchObject([{ address: '0000:07:00.0' }]);
    const left = filesAfter(one.steps, files);
    expect(left[RECORD]).toContain('0000:03:00.1');
    expect(left[RECORD]).not.toContain('0000:07:00.0');
    const rest = await planOf('unbind', '03:00', '--persist', ...hostWith(left));
    expect(filesAfter(rest.steps, left)).toEqual({});
    expect((await planOf('unbind', '07:00.0', ...hostWith(files))).persistence).toBeNull();
  });

  it('says that what goes back now is bound again at the next boot', async () => {
    const { stderr } = await pciInside(['unbind', '01:10.2', '--dry-run', ...(await boundHost())]);
    expect(stderr).toBe(
      'pci: note: 0000:01:10.2 is bound to vfio-pci again at the next boot; to stop that: pci unbind --persist\n',
    );
  });
});

describe('pci bindings', () => {
  it('says so where there is none', async () => {
    for (const host of [hostWith({}), ['--host', fixture('lab-intel'), ...BUNDLED_NAMES]]) {
      const { stdout, exitCode } = await pciInside(['bindings', '--check', ...host]);
      expect({ stdout, exitCode }).toEqual({
        stdout: 'No bindings are persisted. To persist one: pci bind ADDRESS --persist\n',
        exitCode: 0,
      });
    }
  });

  it('has nothing to say against what is in force, and nothing to restore', async () => {
    const host = await boundHost();
    const { stdout, exitCode } = await pciInside(['bindings', '--check', ...host]);
    expect({ stdout, exitCode }).toEqual({
      stdout: '  0000:01:10.2  Intel 82576 Virtual Function  vfio-pci  in force\n1 binding, 1 in force.\n',
      exitCode: 0,
    });
    expect(await pciInside(['bindings', '--restore', ...host])).toEqual({
      stdout: 'All persisted bindings are in force.\nNothing to do.\n',
      stderr: '',
      exitCode: 0,
    });
  });

  it('tells what is not in force, and exits with 1 on demand', async () => {
    const host = hostWith(await persisted('03:00.0', '07:00.0'));
    const document = await bindingsOf(host);
    expect(states(document)).toEqual([
      '0000:03:00.0 not-in-force 0000:03:00.0',
      '0000:03:00.1 not-in-force 0000:03:00.1',
      '0000:07:00.0 not-in-force 0000:07:00.0',
    ]);
    expect(document.outdated).toEqual([]);
    const { stdout, exitCode } = await pciInside(['bindings', '--check', ...host]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      '0000:03:00.1  Intel 82574L Gigabit Network Connection  vfio-pci  NOT IN FORCE, on e1000e\n',
    );
    expect(stdout).toContain('0000:07:00.0  1234:11e8');
    expect(stdout).toMatch(/3 bindings, 0 in force\.\n$/);
  });

  it('finds again what moved, and takes no other for what is gone', async () => {
    const files = await persisted('03:00.0', '06:00.0', '07:00.0');
    const record = JSON.parse(files[RECORD] ?? '') as { devices: Record<string, unknown>[] };
    const [pair, second, twin, driverless] = record.devices as [object, object, object, object];
    // As if they had been elsewhere when that was written down.
    const devices = [
      { ...pair, path: 'pci0000:00/07.0/00.0/00.0/00.0' },
      { ...second, deviceSerial: { offset: 320, value: '00-11-22-33-44-55-66-77' } },
      {
        ...twin,
        path: 'pci0000:00/1f.0/00.0',
        deviceSerial: { offset: 320, value: '00-11-22-33-44-55-66-78' },
      },
      { ...driverless, mac: '\u001b[31m' },
    ];
    const host = hostWith({ ...files, [RECORD]: JSON.stringify({ ...record, devices }) });
    expect(states(await bindingsOf(host))).toEqual([
      '0000:03:00.0 moved 0000:03:00.0',
      '0000:03:00.1 replaced 0000:03:00.1',
      '0000:06:00.0 missing -',
      '0000:07:00.0 not-in-force 0000:07:00.0',
    ]);
    const { stdout } = await pciInside(['bindings', ...host]);
    expect(stdout).toContain(
      'MOVED to 0000:03:00.0, on e1000e; another device is at its place: 0000:06:00.0\n',
    );
    expect(stdout).toContain('NOT FOUND: another device is at its place: 0000:03:00.1, on e1000e\n');
    expect(stdout).toContain('  NOT FOUND: nothing is at its place\n');

    const restored = await pciInside(['bindings', '--restore', '--dry-run', '--json', ...host]);
    // Two could not be found: that is an answer of its own.
    expect(restored.exitCode).toBe(1);
    expect((JSON.parse(restored.stdout) as { devices: { address: string }[] }).devices).toMatchObject([
      { address: '0000:03:00.0' },
      { address: '0000:07:00.0' },
    ]);
    expect(restored.stderr).toContain(
      'pci: 0000:03:00.1 is left: NOT FOUND: another device is at its place\n',
    );
    expect(restored.stderr).toContain('pci: 0000:06:00.0 is left: NOT FOUND: nothing is at its place\n');

    const forgotten = await pciInside([
      'bindings',
      '--forget',
      '06:00.0',
      '--forget',
      '07:00.0',
      '--dry-run',
      ...host,
    ]);
    expect(forgotten).toMatchObject({ exitCode: 0, stderr: '' });
    expect(forgotten.stdout).toContain('0000:07:00.0  no longer at boot');
    expect(forgotten.stdout).toContain('MAC \\x1b[31m');
  });

  it('restores what the host can spare, and leaves what it uses', async () => {
    const files = await persisted('07:00.0');
    const uplink = await pciInside([
      ...['bind', 'netdev=enp0s10', '--persist', '--dry-run', '--json'],
      ...['--allow', 'net-address,net-default-route'],
      ...hostWith(files),
    ]);
    const host = hostWith(filesAfter((JSON.parse(uplink.stdout) as PlanDocument).steps, files));
    const { stdout, stderr, exitCode } = await pciInside([
      'bindings',
      '--restore',
      '--dry-run',
      '--json',
      ...host,
    ]);
    expect(exitCode).toBe(1);
    expect((JSON.parse(stdout) as { devices: object[] }).devices).toMatchObject([
      { address: '0000:07:00.0' },
    ]);
    expect(stderr).toContain('pci: 0000:00:0a.0 is left: 0000:00:0a.0 carries');
  });
});
