import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockHost } from '../../lib/host/host-lock.ts';
import { ROOT } from '../support/pci-program.ts';
import { whySkipped } from '../support/skipping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const RUN = join(ROOT, 'test/support/run-typescript.mjs');
const isRoot = process.geteuid?.() === 0;

/** Takes the lock and gives it back, where it is free. */
async function isFree(path: string): Promise<boolean> {
  try {
    (await lockHost(path))();
    return true;
  } catch {
    return false;
  }
}

describe('the lock of a host', () => {
  const folder = temporaryFolder();

  it('is held by one at a time, and can be taken again once it is given back', async () => {
    const path = join(folder, 'run/lock');
    const release = await lockHost(path);
    await expect(lockHost(path)).rejects.toMatchObject({ code: 'HOST_LOCKED', subject: path });
    release();
    await expect.poll(() => isFree(path), { timeout: 10_000 }).toBe(true);
  });

  it('is held by nobody who is dead', async () => {
    const path = join(folder, 'killed');
    const holder = spawn(process.execPath, [RUN, 'test/support/hold-lock.ts', path], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    await expect(lockHost(path)).rejects.toMatchObject({ code: 'HOST_LOCKED' });
    holder.kill('SIGKILL');
    await expect.poll(() => isFree(path), { timeout: 10_000 }).toBe(true);
  });

  it('says that flock is missing', async () => {
    await expect(lockHost(join(folder, 'x'), [folder])).rejects.toMatchObject({
      code: 'TOOL_MISSING',
      subject: 'flock',
    });
  });

  it.runIf(isRoot)(
    `is for root only: a file that others can open is replaced, also while one of them holds it${whySkipped(isRoot, 'run by an ordinary user')}`,
    async () => {
      const path = join(folder, 'old');
      writeFileSync(path, '');
      chmodSync(path, 0o666);
      chmodSync(folder, 0o755);
      const hold = [
        '--reuid',
        '65534',
        '--regid',
        '65534',
        '--clear-groups',
        'flock',
        path,
        '-c',
        'echo held; cat',
      ];
      const holder = spawn('setpriv', hold, { stdio: ['pipe', 'pipe', 'inherit'] });
      await once(holder.stdout, 'data');
      const release = await lockHost(path);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      await expect(lockHost(path)).rejects.toMatchObject({
        code: 'HOST_LOCKED',
        hint: `wait until it ends; to see which process it is: ps -p ${process.pid}`,
      });
      release();
      holder.stdin.end();
    },
  );

  it('waits for root, who holds a file of an earlier version', async () => {
    const path = join(folder, 'earlier');
    writeFileSync(path, '');
    chmodSync(path, 0o644);
    const holder = spawn('flock', [path, '-c', 'echo held; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    if (process.geteuid?.() === 0) {
      await expect(lockHost(path)).rejects.toMatchObject({ code: 'HOST_LOCKED' });
    }
    holder.stdin.end();
    await once(holder, 'close');
    await expect.poll(() => isFree(path), { timeout: 10_000 }).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('says where it can not be', async () => {
    await expect(lockHost('/proc/version/lock')).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
  });
});
