import { execa } from 'execa';
import { expect, test } from 'vitest';
import { ROOT } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeLab } from './describe-lab.ts';

const LAB = [process.execPath, 'test/support/run-typescript.mjs', 'test/lab/lab.ts'] as const;

/** Runs `npm run lab` without the build that goes before; what it makes for a while is in `folder`. */
function lab(args: readonly string[], folder?: string) {
  const [node, ...words] = LAB;
  const env = folder === undefined ? {} : { TMPDIR: folder };
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

  test('runs one command, as a shell would take it, and exits as it does', async () => {
    const { stdout, exitCode } = await lab(['--machine', 'plain', 'pci list | head -1; exit 5']);
    expect(stdout).toMatch(/^ADDRESS\s+CLASS\s+DEVICE/);
    expect(exitCode).toBe(5);
  });

  test('gives a shell on a terminal', async () => {
    const quoted = [...LAB, '--machine', 'plain'].map((word) => `'${word}'`).join(' ');
    const { stdout, exitCode } = await execa(
      'script',
      ['-qec', `stty rows 31 cols 97; ${quoted}`, '/dev/null'],
      {
        cwd: ROOT,
        reject: false,
        // Typed ahead: the machine reads it when there is a shell.
        input: 'stty size; tty; exit 6\n',
      },
    );
    expect(stdout).toContain('31 97');
    expect(stdout).toContain('/dev/hvc0');
    expect(exitCode).toBe(6);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('leaves no process after %s', async (signal) => {
    const machines = () => runningMachines(folder);
    const running = lab(['--machine', 'plain', 'true'], folder);
    await expect.poll(machines, { timeout: 60_000 }).not.toEqual([]);
    running.kill(signal);
    const { exitCode } = await running;
    if (signal !== 'SIGKILL') expect(exitCode).toBe(signal === 'SIGINT' ? 130 : 143);
    await expect.poll(machines, { timeout: 10_000 }).toEqual([]);
  });

  test('refuses what it does not know, and a shell without a terminal', async () => {
    expect(await lab(['--machine', 'nonesuch', 'true'])).toMatchObject({ exitCode: 1 });
    expect(await lab([])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('needs a terminal') });
  });
});
