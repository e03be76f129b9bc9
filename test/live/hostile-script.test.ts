import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatScript } from '../../lib/plan/script/script.ts';
import { idleHost } from '../support/idle-host.ts';
import { machineProject } from '../support/machine-project.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// The script of `portal up --script` for definitions that try to run commands in it. It runs in namespaces in which the folders
// that it writes are its own, with programs that only write down their arguments.

const ABOVE = temporaryFolder();
const UNSHARE = ['--user', '--map-root-user', '--mount', '--propagation', 'private'];
const canRun = spawnSync('unshare', [...UNSHARE, 'true']).status === 0;
const CANARY = join(ABOVE, 'canary');
/** Words that run a command where a shell reads them unquoted, or in quotes of one kind. */
const ATTACKS: readonly string[] = [
  `$(touch ${CANARY})`,
  `\`touch ${CANARY}\``,
  `'; touch ${CANARY}; '`,
  `"; touch ${CANARY}; "`,
  `'"$(touch ${CANARY})"'`,
  `\\$(touch ${CANARY})\\`,
  `& touch ${CANARY} &`,
  `EOF\ntouch ${CANARY}\n`,
];

/** The script for a machine with a text wherever its definition takes any. */
async function scriptWith(text: string): Promise<string> {
  const { write, session, root } = machineProject(ABOVE, idleHost([]));
  const line = text.replaceAll('\n', ' ').trim();
  const name = line.replaceAll('/', '_');
  write(
    'r0/machine.yaml',
    [
      ...['category: service', `title: ${JSON.stringify(text)}`, `description: ${JSON.stringify(text)}`],
      `boot: { profile: minivm, arguments: ${JSON.stringify(line)} }`,
      `disks: [{ name: data, size: 1GiB }, { name: cd, source: ${JSON.stringify(`x${name}.iso`)}, cdrom: true }]`,
      `nics: [{ network: isolated/lan }]`,
      `shares: [{ name: a, source: ${JSON.stringify(`s${name}`)}, mode: rw }]`,
      '',
    ].join('\n'),
  );
  write(`r0/x${name}.iso`, '');
  mkdirSync(join(root, 'machines/r0', `s${name}`));
  const escaped = line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  write('r0/xml/a.xml', `<metadata><a:b xmlns:a="urn:a" c="${escaped}">${escaped}</a:b></metadata>`);
  const { plan } = await (await session()).machines.up();
  expect(plan.steps.length).toBeGreaterThan(4);
  return formatScript(plan, '0.0.0');
}

describe('the script of a machine whose definition has', () => {
  it.skipIf(!canRun).each(ATTACKS)('%j runs nothing of it', async (text) => {
    const script = await scriptWith(text);
    expect(script).toContain(CANARY);
    execFileSync('sh', ['-n'], { input: script, stdio: ['pipe', 'ignore', 'pipe'] });
    const bin = join(ABOVE, 'bin');
    mkdirSync(bin, { recursive: true });
    const said = join(ABOVE, 'said');
    writeFileSync(said, '');
    for (const program of ['virsh', 'qemu-img']) {
      writeFileSync(join(bin, program), `#!/bin/sh\nprintf '%s\\n' "$*" >> '${said}'\n`);
      chmodSync(join(bin, program), 0o755);
    }
    const enter = 'for at in /var/lib /var/log /run; do mount -t tmpfs none "$at"; done; exec sh -s';
    const { stderr } = spawnSync('unshare', [...UNSHARE, 'sh', '-c', enter], {
      input: script,
      encoding: 'utf8',
      env: { PATH: `${bin}:${process.env['PATH']}` },
      timeout: 60_000,
    });
    expect(existsSync(CANARY), stderr).toBe(false);
    // It came as far as its first command for libvirt.
    expect(readFileSync(said, 'utf8'), stderr).not.toBe('');
  });
});
