import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LiveFiles } from '../../../lib/host/live/live-files.ts';
import { whySkipped } from '../../support/skipping.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const isRoot = process.geteuid?.() === 0;

describe('files of our own', () => {
  const root = temporaryFolder();
  const files = new LiveFiles(root);

  it('are written whole, with their folders, and leave no draft', async () => {
    expect(await files.read('/var/lib/a/b')).toBeNull();
    expect(await files.replace('/var/lib/a/b', 'one\n')).toBe('written');
    expect(await files.replace('/var/lib/a/b', 'two\n')).toBe('written');
    expect(await files.read('/var/lib/a/b')).toBe('two\n');
    expect(readdirSync(join(root, 'var/lib/a'))).toEqual(['b']);
    expect(statSync(join(root, 'var/lib/a/b')).mode & 0o777).toBe(0o644);
  });

  it('may be run where that is asked for, from the first moment on', async () => {
    const mode = () => statSync(join(root, 'etc/hook')).mode & 0o777;
    expect(await files.replace('/etc/hook', '#!/bin/sh\n', true)).toBe('written');
    expect(mode()).toBe(0o755);
    expect(await files.replace('/etc/hook', 'text\n')).toBe('written');
    expect(mode()).toBe(0o644);
  });

  it('grow at their end, also from nothing', async () => {
    expect(await files.append('/log/of/it', 'one')).toBe('written');
    expect(await files.append('/log/of/it', '\ntwo')).toBe('written');
    expect(readFileSync(join(root, 'log/of/it'), 'utf8')).toBe('one\ntwo');
  });

  it('are read from regular files only', async () => {
    execFileSync('mkfifo', [join(root, 'fifo')]);
    mkdirSync(join(root, 'folder'));
    expect(await files.read('/fifo')).toEqual({ failed: 'not a regular file' });
    expect(await files.read('/folder')).toEqual({ failed: 'EISDIR' });
  });

  it('are removed, and are so already where they are not there', async () => {
    await files.replace('/gone', '');
    expect(await files.remove('/gone')).toBe('written');
    expect(await files.remove('/gone')).toBe('written');
    expect(await files.remove('/no/folder/either')).toBe('written');
    expect(await files.list('/')).not.toContain('gone');
  });

  it('are listed in order, none where there is no folder', async () => {
    await files.replace('/many/b', '');
    await files.replace('/many/a', '');
    expect(await files.list('/many')).toEqual(['a', 'b']);
    expect(await files.list('/none')).toEqual([]);
  });

  it('say why they could not be written or read, and leave nothing', async () => {
    writeFileSync(join(root, 'file'), '');
    expect(await files.replace('/file/below', 'x')).toEqual({ failed: 'ENOTDIR' });
    expect(await files.append('/file/below', 'x')).toEqual({ failed: 'ENOTDIR' });
    expect(await files.list('/file')).toEqual({ failed: 'ENOTDIR' });
    mkdirSync(join(root, 'folder/in-the-way'), { recursive: true });
    expect(await files.replace('/folder', 'x')).toEqual({ failed: 'EISDIR' });
    expect(await files.read('/folder')).toEqual({ failed: 'EISDIR' });
    expect(readdirSync(root).filter((name) => name.includes('draft'))).toEqual([]);
  });

  it.skipIf(isRoot)(
    `are refused where the folder may not be written to${whySkipped(!isRoot, 'root may write everywhere')}`,
    async () => {
      mkdirSync(join(root, 'closed'));
      chmodSync(join(root, 'closed'), 0o555);
      expect(await files.replace('/closed/a', 'x')).toEqual({ failed: 'EACCES' });
    },
  );
});
