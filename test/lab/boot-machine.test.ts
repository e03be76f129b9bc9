import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { bootMachine, createDisk } from './boot-machine.ts';
import { describeLab, useMachine } from './describe-lab.ts';

describeLab('a machine of the lab', (root) => {
  const disk = join(temporaryFolder(), 'disk.qcow2');
  let image: number;
  beforeAll(async () => {
    image = statSync(root.disk).mtimeMs;
    await createDisk(root, disk);
  });
  const machine = useMachine(root, 'plain', { disk });

  test('runs a command and brings back what it printed and its exit status', async () => {
    const result = await machine().run(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(result).toEqual({ stdout: 'out\n', stderr: 'err\n', exitCode: 3, signal: null });
  });

  test('tells a signal, and a program that is not there, from an exit', async () => {
    const killed = await machine().run(['sh', '-c', 'kill -TERM $$']);
    expect(killed).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
    await expect(machine().run(['no-such-program'])).rejects.toThrow('ENOENT');
  });

  test('ends what takes too long, with all that it started', async () => {
    const slow = machine().run(['sh', '-c', 'sleep 1234; true'], { timeoutMs: 2000 });
    await expect(slow).rejects.toThrow('not done within 2 s');
    const isGone = async () => (await machine().run(['pgrep', '-xf', 'sleep 1234'])).exitCode;
    await expect.poll(isGone, { timeout: 60_000 }).toBe(1);
  });

  test('takes standard input and files, and gives files back, byte by byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    writeFileSync(join(machine().folder, 'in'), bytes);
    await machine().output(['sh', '-c', 'cat > /lab/typed; cp /lab/in /lab/out'], { stdin: 'typed in' });
    expect(readFileSync(join(machine().folder, 'typed'), 'utf8')).toBe('typed in');
    expect(readFileSync(join(machine().folder, 'out')).equals(bytes)).toBe(true);
  });

  test('brings back much output whole', async () => {
    const stdout = await machine().output(['seq', '200000']);
    expect(stdout.split('\n')).toHaveLength(200_001);
  });

  test('runs as an ordinary user too, without any group of root', async () => {
    expect(await machine().output(['id'], { user: 'nobody' })).toBe(
      'uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)\n',
    );
  });

  test('has its uplink up, with the default route on it', async () => {
    expect(await machine().output(['ip', 'route', 'show', 'default'])).toMatch(
      /^default via 10\.0\.2\.2 dev enp0s10/,
    );
  });

  test('is made of what its record says', async () => {
    const { kernel, node, packages } = root.versions;
    expect(await machine().output(['uname', '-r'])).toBe(`${kernel}\n`);
    expect(await machine().output(['node', '--version'])).toBe(`${node}\n`);
    const installed = (await machine().output(['dpkg-query', '--show'])).replaceAll(':amd64', '');
    const lines = Object.entries(packages).map(([name, version]) => `${name}\t${version}`);
    expect(installed.trim().split('\n').sort()).toEqual(lines.sort());
  });

  test('is not for writing to the project', async () => {
    const { exitCode, stderr } = await machine().run(['touch', '/portal-gun/package.json']);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('Read-only file system');
  });

  // What the next boot finds on it is in persist.test.ts.
  test('writes to its disk, and leaves the image as it is', async () => {
    await machine().output(['sh', '-c', 'echo kept > /etc/kept']);
    expect(await machine().end()).toBe('off');
    expect(readFileSync(disk).includes('kept\n')).toBe(true);
    expect(statSync(root.disk).mtimeMs).toBe(image);
  });
});

// How one ends that ended by itself is in persist.test.ts.
describeLab('the end of a machine', (root) => {
  const notes: string[] = [];
  const boot = () => bootMachine(root, 'plain', { say: (text) => notes.push(text) });
  beforeEach(() => {
    notes.length = 0;
  });

  test('needs nothing of the root disk, which is gone by then', async () => {
    const machine = await boot();
    // Node, by which the agent runs, may need it too: it is not told then what the command came to.
    const lose = 'cd /sys/bus/virtio/drivers/virtio_blk; basename virtio* > unbind';
    await machine.run(['sh', '-c', lose]).catch(() => undefined);
    expect(machine.console()).toContain('EXT4-fs (vda): shut down');
    expect(await machine.end()).toBe('off');
    expect(notes).toEqual([]);
  });

  test.each([
    ['hangs', 'sleep 1000', /it is not off after \d+ s$/],
    ['ends in a panic', 'exit', /its kernel panicked$/],
  ])('is no failure of what ran on it where its power-off %s', async (_, script, why) => {
    const machine = await boot();
    await machine.output(['sh', '-c', 'printf "#!/bin/sh\\n%s\\n" "$1" > /run/busybox', 'sh', script]);
    expect(await machine.end()).toBe('killed');
    expect(notes).toEqual([expect.stringMatching(why)]);
    expect(existsSync(machine.folder)).toBe(false);
  });
});

describeLab('a boot that comes to nothing', (root) => {
  test('ends when its time is over, and shows the console', async () => {
    const boot = bootMachine(root, 'plain', { bootTimeoutMs: 1000 });
    await expect(boot).rejects.toThrow(/is not up after 1 s. The end of its console:/);
  });

  test('ends when the kernel gives up, and shows the console', async () => {
    const boot = bootMachine(root, 'plain', { kernelArguments: ['rdinit=/no-such-init', 'panic=0'] });
    await expect(boot).rejects.toThrow(/panicked. The end of its console:[\s\S]*Kernel panic/);
  });
});
