import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockHost } from '../../../lib/host/host-lock.ts';
import { ROOT } from '../../support/pci-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const RUN = join(ROOT, 'test/support/run-typescript.mjs');

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
    const path = process.env['PATH'];
    process.env['PATH'] = folder;
    try {
      await expect(lockHost(join(folder, 'x'))).rejects.toMatchObject({
        code: 'TOOL_MISSING',
        subject: 'flock',
      });
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('says where it can not be', async () => {
    await expect(lockHost('/proc/version/lock')).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
  });
});
