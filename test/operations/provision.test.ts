import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readJournals } from '../../lib/apply/journal/journal.ts';
import { PortalGunError } from '../../lib/base/errors.ts';
import { openHost } from '../../lib/host/open-host.ts';
import { applyProposal } from '../../lib/operations/change/apply-proposal.ts';
import { compareGuests } from '../../lib/operations/provision/compare-guests.ts';
import { proposeProvision } from '../../lib/operations/provision/propose-provision.ts';
import { HostSession } from '../../lib/operations/session/host-session.ts';
import { FaultyHost, Killed } from '../support/faults.ts';
import type { LocalGuest } from '../support/local-guest.ts';
import { type MachineProject, machineProject } from '../support/machine-project.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const HOST = openHost('fixtures/lab-intel.snapshot');
const folder = temporaryFolder();
const UID = process.getuid?.() ?? 0;
const GID = process.getgid?.() ?? 0;

let project: MachineProject;
let session: HostSession;
let guest: LocalGuest;

/** The manifest of a folder whose files belong to the user of the tests, who may not give them to others. */
function manifest(more = ''): string {
  return `files:\n  - path: /etc\n    owner: ${UID}:${GID}\n${more}`;
}

beforeEach(async () => {
  project = machineProject(folder, HOST);
  session = new HostSession(project.ports, { project: project.root }, null, project.machine.guests);
  guest = await project.machine.guests.open('web0');
  project.write('web0/machine.yaml', 'category: service\n');
  project.write('web0/config/.portal.yaml', manifest());
});

async function failureOf<Failure extends Error>(
  act: () => Promise<unknown>,
  of: new (...words: never[]) => Failure,
): Promise<Failure | null> {
  try {
    await act();
    return null;
  } catch (error) {
    if (error instanceof of) return error;
    throw error;
  }
}

async function provision() {
  const proposal = await proposeProvision(session);
  const report = await applyProposal(session, proposal);
  return { proposal, report, words: proposal.plan.steps.map(({ words }) => words) };
}

describe('the config folder of a machine', () => {
  it('is in the guest with the same contents, owners and modes, and a second run changes nothing', async () => {
    project.write('web0/config/etc/motd', 'hello\n');
    project.write('web0/config/etc/app/run', '#!/bin/sh\n');
    chmodSync(join(project.root, 'machines/web0/config/etc/app/run'), 0o755);
    project.write('web0/config/etc/app/key', 'secret');
    project.write('web0/config/.portal.yaml', manifest('  - path: /etc/app/key\n    mode: 0640\n'));
    guest.write('/etc/motd', 'before\n', 0o600);
    const { report } = await provision();
    expect(report.outcome).toBe('done');
    expect(guest.read('/etc/motd')).toBe('hello\n');
    const modes = ['etc/motd', 'etc/app', 'etc/app/run', 'etc/app/key'].map((path) =>
      (statSync(join(guest.root, path)).mode & 0o7777).toString(8),
    );
    expect(modes).toEqual(['644', '755', '755', '640']);
    expect((await provision()).words).toEqual([]);
  });

  it('keeps the former file in the guest, and gives it back if a later step fails', async () => {
    project.write('web0/config/etc/motd', 'hello\n');
    project.write('web0/machine.yaml', 'category: service\nprovision: [{ system/sysctl: { net.x: "1" } }]\n');
    guest.write('/etc/motd', 'before\n', 0o600);
    guest.write('/proc/sys/net/x', '0\n');
    const proposal = await proposeProvision(session);
    chmodSync(join(guest.root, 'proc/sys/net'), 0o755);
    const before = guest.state();
    const exec = guest.exec.bind(guest);
    guest.exec = (script, options) =>
      script.includes('> /proc/sys/net/x\n') ? exec('exit 7', options) : exec(script, options);
    const report = await applyProposal(session, proposal);
    expect(report.outcome).toBe('undone');
    expect(guest.state()).toBe(before);
  });

  it('fills templates with the values of the machine', async () => {
    project.write('web0/config/etc/name.liquid', '{{ name }} {{ values.domain }} {{ cpus }}\n');
    project.write('web0/config/.portal.yaml', `${manifest()}values:\n  domain: example.org\n`);
    await provision();
    expect(guest.read('/etc/name')).toBe('web0 example.org 1\n');
    project.write('web0/config/etc/name.liquid', '{{ nothing }}');
    expect(await failureOf(provision, PortalGunError)).toMatchObject({
      code: 'BAD_DEFINITION',
      subject: 'machines/web0/config/etc/name.liquid:1:4',
    });
  });

  it('changes blocks and lines of files of others, and removes files', async () => {
    guest.write('/etc/hosts', '127.0.0.1 localhost\n');
    guest.write('/etc/ssh/sshd_config', '#X\nPermitRootLogin yes\nUsePAM yes\n');
    guest.write('/etc/old', 'x');
    project.write(
      'web0/config/.portal.yaml',
      `blocks: [{ path: /etc/hosts, name: lab, text: "10.0.0.1 r0" }]
lines: [{ path: /etc/ssh/sshd_config, starts-with: "PermitRootLogin ", line: PermitRootLogin no }]
removals: [/etc/old]
`,
    );
    const { words } = await provision();
    expect(words).toEqual([
      'web0: change /etc/hosts',
      'web0: change /etc/ssh/sshd_config',
      'web0: remove /etc/old',
    ]);
    expect(guest.read('/etc/hosts')).toBe(
      '127.0.0.1 localhost\n# BEGIN portal-gun lab\n10.0.0.1 r0\n# END portal-gun lab\n',
    );
    expect(guest.read('/etc/ssh/sshd_config')).toBe('#X\nPermitRootLogin no\nUsePAM yes\n');
    expect(existsSync(join(guest.root, 'etc/old'))).toBe(false);
    expect((await provision()).words).toEqual([]);
  });

  it.each([
    ['a directory', (at: string) => mkdirSync(at), 'is a directory in the guest'],
    ['a link to a strange place', (at: string) => symlinkSync('a b', at), 'unusual target'],
  ])('does not overwrite %s', async (_, make, message) => {
    project.write('web0/config/etc/motd', 'hello\n');
    make(join(guest.root, 'etc/motd'));
    const error = await failureOf(provision, PortalGunError);
    expect(error).toMatchObject({ code: 'CANNOT_PROVISION', subject: 'web0' });
    expect(error?.message).toContain(message);
    const compared = await compareGuests(session, {}, true);
    expect(compared.guests[0]?.obstacles).toHaveLength(1);
  });

  it('quotes every name', async () => {
    project.write('web0/config/etc/it\'s $(touch x) "a"', 'hello\n');
    await provision();
    expect(guest.read('/etc/it\'s $(touch x) "a"')).toBe('hello\n');
    expect((await provision()).words).toEqual([]);
  });

  it('is right after a kill at any step, when it is run again', async () => {
    project.write('web0/config/etc/motd', 'hello\n');
    project.write('web0/config/etc/a/b', 'hello\n');
    project.write('web0/machine.yaml', 'category: service\nprovision: [{ system/hostname: {} }]\n');
    guest.write('/etc/motd', 'before\n');
    const { machine } = project;
    for (let at = 0; ; at += 1) {
      const faulty = new FaultyHost(machine, new Map([[at, 'kills-after']]));
      const dying = new HostSession(project.ports, { project: project.root }, null, faulty.host.guests);
      const killed = await failureOf(async () => applyProposal(dying, await proposeProvision(dying)), Killed);
      await provision();
      expect(guest.read('/etc/motd')).toBe('hello\n');
      expect((await provision()).words).toEqual([]);
      expect(await readJournals(machine.files)).toEqual([]);
      if (killed === null) break;
      guest.write('/etc/motd', 'before\n');
      guest.write('/etc/a/b', 'before\n');
      guest.write('/proc/sys/kernel/hostname', 'before\n');
    }
  });
});
