import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder that anyone may enter, and that is gone after the tests beside this call; in a test nothing would remove it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portal-gun-test-'));
  chmodSync(folder, 0o755);
  afterAll(() => {
    // What was unpacked in it has folders as sysfs has them, in which only root may delete.
    execFileSync('chmod', ['-R', 'u+rwX', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
