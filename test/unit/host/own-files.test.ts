import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { distrustOf, prepareFolder } from '../../../lib/host/file/own-files.ts';
import { LiveFiles } from '../../../lib/host/live/live-files.ts';
import { whySkipped } from '../../support/skipping.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const isRoot = process.geteuid?.() === 0;
let hosts = 0;

/** A host with a journal in it. */
async function hostWith(path: string): Promise<string> {
  hosts += 1;
  const root = join(folder, `host${hosts}`);
  expect(await new LiveFiles(root).replace(path, 'text')).toBe('written');
  return root;
}

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);
const JOURNAL = '/var/lib/portal-gun/journal/a.jsonl';

describe('what is ours', () => {
  const umask = process.umask();
  afterEach(() => {
    process.umask(umask);
  });

  it.each([0o000, 0o077, 0o022])('is made with its modes, whatever the umask is: %o', async (mask) => {
    process.umask(mask);
    const root = await hostWith(JOURNAL);
    const files = new LiveFiles(root);
    await files.append('/run/portal-gun/deep/a', 'a');
    await files.replace('/etc/portal-gun/program', '#!/bin/sh', true);
    await files.replace('/etc/systemd/system/x.d/a.conf', 'a');
    const modes = {
      '/var/lib': '755',
      '/var/lib/portal-gun': '755',
      '/var/lib/portal-gun/journal': '755',
      [JOURNAL]: '644',
      '/run/portal-gun': '700',
      '/run/portal-gun/deep/a': '644',
      '/etc/portal-gun/program': '755',
      '/etc/systemd/system/x.d': '755',
      '/etc/systemd/system/x.d/a.conf': '644',
    };
    const found = Object.fromEntries(Object.keys(modes).map((path) => [path, modeOf(root + path)]));
    expect(found).toEqual(modes);
    expect(await files.read(JOURNAL)).toBe('text');
  });

  it('is closed to others where it was open, and no further', () => {
    const root = join(folder, 'open');
    mkdirSync(`${root}/run/portal-gun`, { recursive: true });
    chmodSync(`${root}/run/portal-gun`, 0o777);
    expect(prepareFolder(root, '/run/portal-gun')).toBe(null);
    expect(modeOf(`${root}/run/portal-gun`)).toBe('700');
    mkdirSync(`${root}/etc/portal-gun`, { recursive: true });
    chmodSync(`${root}/etc/portal-gun`, 0o700);
    prepareFolder(root, '/etc/portal-gun');
    expect(modeOf(`${root}/etc/portal-gun`)).toBe('700');
  });

  it.each([
    ['the file', JOURNAL, 0o664],
    ['the file', JOURNAL, 0o646],
    ['its folder', '/var/lib/portal-gun/journal', 0o775],
    ['the folder above that', '/var/lib/portal-gun', 0o757],
  ])('is not believed where others can write %s', async (_, path, mode) => {
    const root = await hostWith(JOURNAL);
    chmodSync(root + path, mode);
    const files = new LiveFiles(root);
    const failed = `${path} is writable by users other than root (mode ${mode.toString(8)})`;
    expect(await files.read(JOURNAL)).toEqual({ failed });
    if (path !== JOURNAL) expect(await files.list('/var/lib/portal-gun/journal')).toEqual({ failed });
  });

  it('is not believed behind a link, and nothing is written there', async () => {
    const root = join(folder, 'linked');
    mkdirSync(`${root}/elsewhere/journal`, { recursive: true });
    mkdirSync(`${root}/var/lib`, { recursive: true });
    writeFileSync(`${root}/elsewhere/journal/a.jsonl`, 'text');
    symlinkSync('../../elsewhere', `${root}/var/lib/portal-gun`);
    const failed = '/var/lib/portal-gun is a symbolic link';
    expect(await new LiveFiles(root).read(JOURNAL)).toEqual({ failed });
    expect(await new LiveFiles(root).replace(JOURNAL, 'other')).toEqual({ failed });
  });

  it.runIf(isRoot)(
    `is not believed where it belongs to somebody else${whySkipped(isRoot, 'only root can give a file away')}`,
    async () => {
      const root = await hostWith(JOURNAL);
      chownSync(root + JOURNAL, 65534, 65534);
      expect(distrustOf(root, JOURNAL)).toBe(`${JOURNAL} belongs to user 65534, not to root`);
      chownSync(`${root}/var/lib/portal-gun`, 65534, 65534);
      const failed = '/var/lib/portal-gun belongs to user 65534, not to root';
      expect(await new LiveFiles(root).append(JOURNAL, 'more')).toEqual({ failed });
    },
  );

  it('does not go for what is not ours', async () => {
    const root = await hostWith('/boot/grub/grub.cfg');
    chmodSync(`${root}/boot/grub/grub.cfg`, 0o666);
    expect(await new LiveFiles(root).read('/boot/grub/grub.cfg')).toBe('text');
  });
});
