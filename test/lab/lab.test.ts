import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { VERSION } from '../../lib/base/version.ts';
import { ROOT } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeLab } from './describe-lab.ts';

const LAB = [process.execPath, 'test/support/run-typescript.mjs', 'test/lab/lab.ts'] as const;

/** Runs `npm run lab` without the build that goes before. */
function lab(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [node, ...words] = LAB;
  return execa(node, [...words, ...args], { cwd: ROOT, env, reject: false, stdin: 'ignore' });
}

/** The machines that have what they make in a folder. */
async function runningMachines(folder: string): Promise<readonly string[]> {
  // Of every program, since the machine's runs by its loader.
  const { stdout } = await execa('ps', ['-eo', 'pid,args', '-ww'], {});
  return stdout
    .split('\n')
    .filter((line) => line.includes('qemu-system-x86_64') && line.includes(`${folder}/portal-gun-lab-`));
}

describeLab('npm run lab', () => {
  const folder = temporaryFolder();

  test('names what it needs and is not here, and says what mmdebstrap said where that fails', async () => {
    const programs = join(folder, 'programs');
    mkdirSync(programs);
    const without = () => lab(['true'], { PATH: programs, XDG_CACHE_HOME: join(folder, 'empty') });
    expect(await without()).toMatchObject({
      exitCode: 7,
      stderr: 'lab: the lab needs mmdebstrap (Debian: mmdebstrap), which is not here',
    });
    for (const name of ['tar', 'setpriv', 'newuidmap']) symlinkSync('/bin/true', join(programs, name));
    const script = '#!/bin/sh\n[ "$1" = --version ] && exit\necho "E: no room left" >&2\nexit 25\n';
    writeFileSync(join(programs, 'mmdebstrap'), script, { mode: 0o755 });
    const { exitCode, stderr } = await without();
    expect(exitCode).toBe(7);
    expect(stderr).toMatch(/\nlab: mmdebstrap could not make the lab's root file system:\nE: no room left$/);
    expect(readdirSync(join(folder, 'empty/portal-gun/lab'))).toEqual([]);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leaves nothing of the root file system that it was making at %s',
    async (signal) => {
      const programs = join(folder, signal);
      const cache = join(programs, 'portal-gun/lab');
      mkdirSync(join(cache, 'abc.4194305'), { recursive: true });
      const pids = join(programs, 'pids');
      const script = `#!/bin/sh\n[ "$1" = --version ] && exit\nsleep 1000 & echo $$ $! > ${pids}\nwait\n`;
      writeFileSync(join(programs, 'mmdebstrap'), script, { mode: 0o755 });
      const path = `${programs}:${process.env['PATH']}`;
      const running = lab(['true'], { PATH: path, XDG_CACHE_HOME: programs });
      const started = () => (existsSync(pids) ? readFileSync(pids, 'utf8').trim().split(' ') : []);
      await expect.poll(started, { timeout: 60_000 }).toHaveLength(2);
      // Another's, who was killed: its number is none that the kernel gives.
      expect(readdirSync(cache)).toEqual([expect.stringMatching(/\.\d+$/)]);
      running.kill(signal);
      const { exitCode } = await running;
      if (signal !== 'SIGKILL') {
        expect(exitCode).toBe(signal === 'SIGINT' ? 130 : 143);
        expect(readdirSync(cache)).toEqual([]);
      }
      const left = () => started().filter((pid) => existsSync(`/proc/${pid}`));
      await expect.poll(left, { timeout: 60_000 }).toEqual([]);
    },
  );

  test('runs one command, as a shell would take it, and exits as it does', async () => {
    const { stdout, exitCode } = await lab(['--machine', 'plain', 'pci list | head -1; exit 5']);
    expect(stdout).toMatch(/^ADDRESS\s+CLASS\s+DEVICE/);
    expect(exitCode).toBe(5);
  });

  test('gives a shell on a terminal', async () => {
    const quoted = [...LAB, '--machine', 'plain'].map((word) => `'${word}'`).join(' ');
    const { stdout, exitCode } = await execa(
      'script',
      ['-qec', `stty rows 31 cols 97; ${quoted} --user nobody`, '/dev/null'],
      {
        cwd: ROOT,
        reject: false,
        // Typed ahead: the machine reads it when there is a shell.
        input: 'stty size; tty; id -u; pci --version; command -v portal start-libvirt; exit 6\n',
      },
    );
    expect(stdout).toContain('31 97');
    expect(stdout).toContain('/dev/hvc0');
    expect(stdout.split(/[\r\n]+/)).toEqual(
      expect.arrayContaining(['65534', VERSION, '/portal-gun/test/lab/guest/bin/start-libvirt']),
    );
    expect(exitCode).toBe(6);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('leaves no process after %s', async (signal) => {
    const machines = () => runningMachines(folder);
    const running = lab(['--machine', 'plain', 'true'], { TMPDIR: folder });
    await expect.poll(machines, { timeout: 60_000 }).not.toEqual([]);
    running.kill(signal);
    const { exitCode } = await running;
    if (signal !== 'SIGKILL') expect(exitCode).toBe(signal === 'SIGINT' ? 130 : 143);
    await expect.poll(machines, { timeout: 60_000 }).toEqual([]);
  });

  test('refuses what it does not know, and a shell without a terminal', async () => {
    expect(await lab(['--machine', 'nonesuch', 'true'])).toMatchObject({ exitCode: 1 });
    expect(await lab([])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('needs a terminal') });
  });
});
