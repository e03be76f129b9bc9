import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/**
 * A folder that every user may enter, and that is removed after the tests beside this call; inside a test it would
 * not be removed.
 */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portal-gun-test-'));
  chmodSync(folder, 0o755);
  afterAll(() => {
    // Unpacked hosts have folders as in sysfs, in which only root may delete.
    execFileSync('chmod', ['-R', 'u+rwX', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
