import { describe, expect, it } from 'vitest';
import {
  BINDING_FILES,
  DEBIAN,
  type FileStep,
  type Files,
  filesAfter,
  hostsWithFiles,
  VFS_RECORD,
} from '../support/hosts-with-files.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { BUNDLED_NAMES, fixture, pciInside } from '../support/pci-program.ts';

const [RECORD] = BINDING_FILES;
const [UNIT, WANTS] = BINDING_FILES.slice(-2) as [string, string];
const PF = '01:00.0';
/** It has two VFs in the captured host, which nothing is set of. */
const DRIVE = '02:00.0';

interface PersistedPf {
  readonly address: string;
  readonly count: number;
  readonly path: string;
  readonly mac: string | null;
  readonly vfs: readonly object[];
}

interface PlanDocument {
  readonly title: string;
  readonly pfs: readonly { readonly address: string }[];
  readonly persistence: {
    readonly pfs: readonly PersistedPf[];
    readonly endedPfs: readonly PersistedPf[];
  } | null;
  readonly steps: readonly FileStep[];
}

const hostWith = hostsWithFiles();
const withVfs = (files: Files) => hostWith(files, DEBIAN, 'lab-intel-vfio');
const validate = validatorOf('plan', { strict: true });

async function planOf(...args: readonly string[]): Promise<PlanDocument> {
  const { stdout, stderr, exitCode } = await pciInside([...args, '--dry-run', '--json']);
  expect(exitCode, stderr).toBe(0);
  const document: unknown = JSON.parse(stdout);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document as PlanDocument;
}

const set = (host: readonly string[], ...args: readonly string[]) =>
  planOf('sriov', 'set', ...args, '--persist', ...host);

const kinds = ({ steps }: PlanDocument) => steps.map(({ change }) => change.path ?? change.kind);

/** The files by which two VFs of the drive outlive a boot. */
const driveFiles = async (): Promise<Files> =>
  filesAfter((await set(withVfs({}), DRIVE, '--vfs', '2')).steps);

/** Those by which two VFs of the card in a VLAN do. */
const cardFiles = async (): Promise<Files> =>
  filesAfter((await set(hostWith({}), PF, '--vfs', '2', '--vlan', '100')).steps);

/** The files, with the record of VFs changed. */
function changed(files: Files, change: (pf: PersistedPf) => object): Files {
  const record = JSON.parse(files[VFS_RECORD] ?? '') as { devices: readonly PersistedPf[] };
  return { ...files, [VFS_RECORD]: JSON.stringify({ ...record, devices: record.devices.map(change) }) };
}

describe('pci sriov set --persist', () => {
  it('writes down what the VFs are, and has a service make them at each boot', async () => {
    const plan = await set(hostWith({}), PF, '--vfs', '2', '--vlan', '100');
    expect(kinds(plan)).toEqual(['link', 'vfs', VFS_RECORD, UNIT, WANTS]);
    expect(plan.persistence).toMatchObject({ pfs: [{ address: '0000:01:00.0', count: 2 }], endedPfs: [] });
    const files = filesAfter(plan.steps);
    expect(files[UNIT]).toMatch(/\nExecStart=\S+ \S+ restore\n/);
    expect(files[UNIT]).toContain(`\nConditionPathExists=|${VFS_RECORD}\n`);
  });

  it('says by what the PF is known, and what makes the VFs', async () => {
    const args = ['sriov', 'set', PF, '--vfs', '2', '--persist', '--dry-run'];
    const { stdout } = await pciInside([...args, ...hostWith({})]);
    expect(stdout).toMatch(
      /\n {2}0000:01:00\.0 {2}2 VFs at each boot {2}its place pci0000:00\/04\.0\/00\.0, MAC /,
    );
    expect(stdout).toContain('\n  portal-gun.service creates the VFs before libvirt starts.\n');
    const plain = await pciInside([...args, ...hostWith({}, [])]);
    expect(plain.stdout).toContain('there is no systemd. Run pci sriov restore.\n');
  });

  it('is a plan of files alone where the VFs are as asked, and nothing where that is written down', async () => {
    const plan = await set(withVfs({}), DRIVE, '--vfs', '2');
    expect(plan.title).toBe('Persist the VFs of 0000:02:00.0 over reboots');
    expect(kinds(plan)).toEqual([VFS_RECORD, UNIT, WANTS]);
    const again = await set(withVfs(filesAfter(plan.steps)), DRIVE, '--vfs', '2');
    expect(again.steps).toEqual([]);
  });

  it('shares the service with bindings, and leaves it to them', async () => {
    const bound = filesAfter((await planOf('bind', '07:00.0', '--persist', ...hostWith({}))).steps);
    const both = filesAfter((await set(hostWith(bound), PF, '--vfs', '2')).steps, bound);
    const commands = (both[UNIT] ?? '').split('\n').filter((line) => line.startsWith('ExecStart'));
    expect(commands.map((line) => line.replace(/=(-?)\/\S+ \S+\.js /, '=$1pci '))).toEqual([
      'ExecStartPre=-udevadm settle --timeout=60',
      'ExecStart=pci restore',
    ]);
    const late = (both[RECORD] ?? '') + both[VFS_RECORD];
    expect(late).toContain('0000:07:00.0');
    const rest = filesAfter((await set(hostWith(both), PF, '--vfs', '0')).steps, both);
    expect(rest).toEqual(bound);
  });

  it('goes with --vfs 0, and with the last PF all files', async () => {
    const files = await driveFiles();
    const plan = await set(withVfs(files), DRIVE, '--vfs', '0');
    expect(plan.persistence).toMatchObject({ pfs: [], endedPfs: [{ address: '0000:02:00.0' }] });
    expect(kinds(plan)[0]).toBe('vfs');
    expect(filesAfter(plan.steps, files)).toEqual({});
    const gone = await pciInside([
      'sriov',
      'set',
      DRIVE,
      '--vfs',
      '0',
      '--persist',
      '--dry-run',
      ...withVfs(files),
    ]);
    expect(gone.stdout).toContain('0000:02:00.0  no longer at boot');
  });

  it('is remarked on where it is left out and something else was written down', async () => {
    const files = await driveFiles();
    const said = async (...args: readonly string[]) =>
      (await pciInside(['sriov', 'set', DRIVE, ...args, '--dry-run', ...withVfs(files)])).stderr;
    expect(await said('--vfs', '3')).toBe(
      'pci: note: 0000:02:00.0 has 2 VFs at the next boot, as persisted; to persist this change instead: --persist\n',
    );
    expect(await said('--vfs', '2')).toBe('');
  });

  it('is no script for a snapshot, which does not hold what outlives a boot', async () => {
    const args = ['sriov', 'set', PF, '--vfs', '2', '--persist', '--script'];
    const captured = await pciInside([...args, '--host', fixture('lab-intel'), ...BUNDLED_NAMES]);
    expect(captured.exitCode).toBe(2);
    expect(captured.stderr).toContain('a snapshot does not contain the persisted bindings and VFs');
    const { stdout, exitCode } = await pciInside([...args, ...hostWith({})]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`> ${VFS_RECORD}\n`);
  });
});

describe('pci sriov restore', () => {
  const restore = (host: readonly string[], ...args: readonly string[]) =>
    pciInside(['sriov', 'restore', ...args, ...host]);

  it('has nothing to do where nothing is written down, and where all is in force', async () => {
    expect(await restore(hostWith({}), '--check')).toEqual({
      exitCode: 0,
      stdout: 'No VFs are persisted. To persist VFs: pci sriov set --persist\nNothing to do.\n',
      stderr: '',
    });
    expect(await restore(withVfs(await driveFiles()), '--check')).toEqual({
      exitCode: 0,
      stdout: '1 PF with persisted VFs, 1 in force.\nNothing to do.\n',
      stderr: '',
    });
  });

  it('makes and sets what was written down, in one plan for all PFs', async () => {
    const one = await cardFiles();
    const files = filesAfter((await set(hostWith(one), DRIVE, '--vfs', '1')).steps, one);
    const host = hostWith(files);
    const { title, steps, pfs } = await planOf('sriov', 'restore', ...host);
    expect(title).toBe('Restore the persisted VFs of 0000:01:00.0, 0000:02:00.0');
    expect(pfs.map(({ address }) => address)).toEqual(['0000:01:00.0', '0000:02:00.0']);
    const asked = await planOf('sriov', 'set', PF, '--vfs', '2', '--vlan', '100', ...host);
    expect(steps.slice(0, 2)).toEqual(asked.steps);
    expect(steps.at(-1)).toMatchObject({
      change: { kind: 'vfs', address: '0000:02:00.0', to: { count: 1 } },
    });

    const checked = await restore(host, '--check');
    expect(checked.exitCode).toBe(1);
    expect(checked.stdout).toContain('0000:02:00.0: from 0 VFs to 1');
  });

  it('finds a PF that moved, and sets up no other', async () => {
    const files = await cardFiles();
    const moved = changed(files, (pf) => ({ ...pf, path: 'pci0000:00/1f.0/00.0' }));
    expect((await planOf('sriov', 'restore', ...hostWith(moved))).pfs).toMatchObject([
      { address: '0000:01:00.0' },
    ]);
    const twin = changed(files, (pf) => ({ ...pf, mac: '02:00:00:00:00:01' }));
    const { exitCode, stdout, stderr } = await restore(hostWith(twin), '--check');
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: '1 PF with persisted VFs, 0 in force.\nNothing to do.\n',
      stderr: 'pci: 0000:01:00.0 is left: NOT FOUND: another device is at its place\n',
    });
  });

  it('leaves, and says, what can not have its VFs', async () => {
    const files = await driveFiles();
    const many = changed(files, (pf) => ({ ...pf, count: 9 }));
    expect(await restore(withVfs(many), '--dry-run')).toMatchObject({
      exitCode: 1,
      stderr: 'pci: 0000:02:00.0 is left: 0000:02:00.0 can have 4 VFs at most\n',
    });
  });

  it('strikes out a PF that is gone', async () => {
    const files = changed(await cardFiles(), (pf) => ({ ...pf, id: '8086:ffff' }));
    const host = hostWith(files);
    expect((await restore(host, '--check')).stderr).toContain('01:00.0 is left: NOT FOUND: ');
    const plan = await planOf('sriov', 'restore', '--forget', PF, ...host);
    expect(plan).toMatchObject({ title: 'Remove persisted VFs', persistence: { pfs: [] } });
    expect(filesAfter(plan.steps, files)).toEqual({});
    const other = await restore(host, '--forget', DRIVE, '--dry-run');
    expect(other.exitCode).toBe(3);
    expect(other.stderr).toContain('no persisted PF for this address');
  });

  it('refuses a record that is damaged', async () => {
    const { exitCode, stderr } = await restore(hostWith({ [VFS_RECORD]: '{"schema": 1}' }));
    expect(exitCode).toBe(2);
    expect(stderr).toContain('virtual-functions.json');
    expect(stderr).toContain('[BAD_RECORD]');
    const listed = await pciInside(['sriov', 'list', DRIVE, ...hostWith({ [VFS_RECORD]: '{"schema": 1}' })]);
    expect(listed.stderr).toContain(`pci: ${VFS_RECORD}: it is not one of portal-gun/virtual-functions/v1\n`);
    expect(listed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('· persisted ?\n') });
    // What binds at a boot does not depend on it.
    const bindings = await pciInside([
      'bindings',
      '--restore',
      ...hostWith({ [VFS_RECORD]: '{"schema": 1}' }),
    ]);
    expect(bindings.exitCode).toBe(0);
  });
});

describe('pci sriov list', () => {
  it('tells which PFs are persisted, and whether that is in force', async () => {
    const validateList = validatorOf('sriov', { strict: true });
    const persisted = async (host: readonly string[]) => {
      const { stdout } = await pciInside(['sriov', 'list', '--json', ...host]);
      const document = JSON.parse(stdout) as { pfs: readonly { persisted: unknown }[] };
      expect(validateList(document), JSON.stringify(validateList.errors)).toBe(true);
      return document.pfs.map((pf) => pf.persisted);
    };
    const files = await driveFiles();
    expect(await persisted(withVfs(files))).toEqual([null, 'in-force']);
    expect(await persisted(hostWith(files))).toEqual([null, 'not-in-force']);
    expect(await persisted(['--host', fixture('lab-intel'), ...BUNDLED_NAMES])).toEqual([
      { unknown: 'unread' },
      { unknown: 'unread' },
    ]);
    const text = async (host: readonly string[]) =>
      (await pciInside(['sriov', 'list', DRIVE, ...host])).stdout;
    expect(await text(withVfs(files))).toContain('· no network interface · persisted\n');
    expect(await text(hostWith(files))).toContain('· no network interface · persisted, NOT IN FORCE\n');
  });
});
