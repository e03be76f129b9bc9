import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LiveLargeFiles } from '../../../lib/host/live/live-large-files.ts';
import { describeLargeFiles } from '../../contract/large-files.ts';
import { MemoryLargeFiles } from '../../support/memory-large-files.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const STORE = '/var/lib/portal-gun';
const folder = temporaryFolder();

function tree(): { readonly root: string; put(path: string, bytes: Uint8Array): void } {
  const root = mkdtempSync(join(folder, 'root-'));
  return {
    root,
    put(path, bytes) {
      mkdirSync(dirname(root + path), { recursive: true });
      writeFileSync(root + path, bytes);
    },
  };
}

function filesIn(root: string): readonly string[] {
  if (!existsSync(root + STORE)) return [];
  return readdirSync(root + STORE, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(root + STORE, name)).isFile())
    .map((name) => `${STORE}/${name}`)
    .sort();
}

describeLargeFiles('large files of a directory tree', () => {
  const { root, put } = tree();
  return {
    large: new LiveLargeFiles(root),
    put,
    give: (path, user) => chownSync(root + path, user, user),
    files: () => filesIn(root),
  };
});

describeLargeFiles('large files in memory', () => {
  const large = new MemoryLargeFiles();
  return {
    large,
    put: (path, bytes) => large.files.set(path, bytes),
    give: (path, user) => large.owners.set(path, user),
    files: () => [...large.files.keys()].filter((path) => path.startsWith(`${STORE}/`)),
  };
});

describe('large files of this machine', () => {
  const options = { mode: 0o444 };

  it('keep their holes, and get their mode whatever the umask is', async () => {
    const { root, put } = tree();
    put('/disk', Uint8Array.of(1));
    truncateSync(`${root}/disk`, 64 * 2 ** 20);
    const large = new LiveLargeFiles(root);
    const before = process.umask(0o077);
    try {
      await large.put('/disk', () => `${STORE}/images/disk`, options);
    } finally {
      process.umask(before);
    }
    const stored = statSync(`${root}${STORE}/images/disk`);
    expect({ size: stored.size, mode: stored.mode & 0o7777 }).toEqual({ size: 64 * 2 ** 20, mode: 0o444 });
    expect(stored.blocks * 512).toBeLessThan(4 * 2 ** 20);
    expect(statSync(`${root}${STORE}/images`).mode & 0o7777).toBe(0o755);
  });

  it('are refused if the disk has no room for them', async () => {
    const { root } = tree();
    const failed = new LiveLargeFiles(root).demandSpace(`${STORE}/boot`, Number.MAX_SAFE_INTEGER);
    await expect(failed).rejects.toMatchObject({ code: 'NO_SPACE', subject: `${STORE}/boot` });
  });

  it('are not believed if other users can write them', async () => {
    const { root } = tree();
    const large = new LiveLargeFiles(root);
    await large.put(Uint8Array.of(1), () => `${STORE}/boot/file`, options);
    chmodSync(`${root}${STORE}/boot`, 0o777);
    await expect(large.content(`${STORE}/boot/file`)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  it('are not read through a link in a scratch directory', async () => {
    const { root } = tree();
    const scratch = await new LiveLargeFiles(root).openScratch();
    symlinkSync('/etc/passwd', join(root + scratch.path, 'link'));
    symlinkSync('/etc', join(root + scratch.path, 'folder'));
    expect(await scratch.list()).toEqual([]);
    await expect(scratch.read('link', 1e6)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await scratch.close();
    expect(existsSync('/etc/passwd')).toBe(true);
  });

  it('have no scratch directory of a process that was killed', async () => {
    const { root } = tree();
    const left = `${root}${STORE}/scratch/4194305-abcdef`;
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'draft'), 'x');
    await (await new LiveLargeFiles(root).openScratch()).close();
    expect(existsSync(left)).toBe(false);
  });
});
