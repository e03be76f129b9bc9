import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { idleHost } from '../support/idle-host.ts';
import { validatorOf } from '../support/json-schemas.ts';
import { type LocalGuest, LocalGuests } from '../support/local-guest.ts';
import { type MachineProject, machineProject } from '../support/machine-project.ts';
import { portalOn } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* `portal up` of a machine that is provisioned, with a guest that is a directory of this host. */

const guests = vi.hoisted(() => ({ of: null as LocalGuests | null }));
vi.mock('../../lib/operations/guest/open-agent.ts', () => ({
  openAgent: (_: unknown, { machine }: { readonly machine: string }) => guests.of?.open(machine),
}));

const ABOVE = temporaryFolder();
const OWNER = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;

let project: MachineProject;

beforeEach(() => {
  guests.of = new LocalGuests();
  project = machineProject(ABOVE, idleHost([]));
  project.write('web0/machine.yaml', 'category: service\n');
  project.write('web0/config/.portal.yaml', `files: [{ path: /etc, owner: "${OWNER}" }]\n`);
  project.write('web0/config/etc/motd', 'hello\n');
});

const run = (line: string) => portalOn(project.ports, [...line.split(' '), '-C', project.root]);

async function guestOf(name: string): Promise<LocalGuest> {
  if (guests.of === null) throw new Error('no guests');
  return guests.of.open(name);
}

function documentOf(text: string): Record<string, unknown> {
  const document: unknown = JSON.parse(text);
  const validate = validatorOf('plan', { strict: true });
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document as Record<string, unknown>;
}

describe('portal up --json of a machine that is provisioned', () => {
  it('prints one document, which has that of the provisioning', async () => {
    const { exitCode, stdout } = await run('up web0 --json --yes');
    expect(exitCode).toBe(0);
    expect(documentOf(stdout)).toMatchObject({
      title: 'Bring web0 up',
      report: { outcome: 'done' },
      provision: {
        schema: 'portal-gun/plan/v1',
        title: 'Provision web0',
        steps: [{ words: expect.stringContaining('web0: create /etc/motd') }],
        report: { outcome: 'done' },
      },
    });
    const again = documentOf((await run('up web0 --json --yes')).stdout);
    expect(again).toMatchObject({ steps: [], report: null, provision: { steps: [], report: null } });
  });

  it('has no such part without something to provision', async () => {
    project.write('r0/machine.yaml', 'category: router\n');
    const { exitCode, stdout } = await run('up r0 --json --yes');
    expect(exitCode).toBe(0);
    expect(documentOf(stdout)).not.toHaveProperty('provision');
  });

  it('has the error if the guest cannot be provisioned, and its exit code', async () => {
    (await guestOf('web0')).write('/etc/motd/file', 'in the way\n');
    const { exitCode, stdout, stderr } = await run('up web0 --json --yes');
    expect(exitCode).toBe(4);
    expect(stderr).toContain('[CANNOT_PROVISION]');
    expect(documentOf(stdout)).toMatchObject({
      report: { outcome: 'done' },
      provision: { schema: 'portal-gun/error/v1', error: { code: 'CANNOT_PROVISION', subject: 'web0' } },
    });
  });

  it('has the report of a provisioning that was undone', async () => {
    const guest = await guestOf('web0');
    const exec = guest.exec.bind(guest);
    guest.exec = (script, options) =>
      options?.input === undefined || options.input.length === 0
        ? exec(script, options)
        : exec('exit 7', options);
    const { exitCode, stdout } = await run('up web0 --json --yes');
    expect(exitCode).toBe(8);
    expect(documentOf(stdout)).toMatchObject({
      report: { outcome: 'done' },
      provision: { report: { outcome: 'undone' } },
    });
  });

  it('names the checks of modules that failed', async () => {
    project.write(
      'web0/machine.yaml',
      'category: service\nshares: [{ name: data, source: data }]\nprovision: [{ storage/shares: { data: /data } }]\n',
    );
    mkdirSync(join(project.root, 'machines/web0/data'));
    const guest = await guestOf('web0');
    guest.write('/etc/fstab', '');
    guest.write('/proc/mounts', `data ${guest.root}/data 9p rw 0 0\n`);
    const { exitCode, stdout, stderr } = await run('up web0 --json --yes');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('web0: check failed: /data is mounted, and cannot be written');
    expect(documentOf(stdout)).toMatchObject({
      provision: {
        report: { outcome: 'done' },
        failedChecks: [{ machine: 'web0', words: '/data is mounted, and cannot be written' }],
      },
    });
  });
});

describe('the plan of a machine that is provisioned', () => {
  const note = 'portal: note: web0 is then provisioned by a second plan: 1 module, 1 file of config/\n';

  it.each(['plan web0', 'up web0 --dry-run', 'plan web0 --json'])('%s names what follows', async (line) => {
    project.write('web0/machine.yaml', 'category: service\nprovision: [{ system/hostname: {} }]\n');
    project.write('r0/machine.yaml', 'category: router\n');
    expect(await run(line)).toMatchObject({ exitCode: 0, stderr: note });
    expect((await run(line.replace('web0', 'r0'))).stderr).toBe('');
    expect((await run('up web0 --script')).stderr).toBe('');
    expect((await run('up web0 --paused --dry-run')).stderr).toBe('');
  });
});
