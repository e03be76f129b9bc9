import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { Cancelled } from '../../lib/base/cancelled.ts';
import type { LargeFiles } from '../../lib/host/large-files.ts';
import { whySkipped } from '../support/skipping.ts';

/** A machine with large files, and what a test does to it from outside. */
export interface LargeFilesMachine {
  readonly large: LargeFiles;
  /** Puts a file there, as its user does. */
  put(path: string, bytes: Uint8Array): void;
  /** Makes a user the owner of a file, as root can. */
  give(path: string, user: number): void;
  /** Everything below `/var/lib/portal-gun`, without empty directories. */
  files(): readonly string[];
}

const STORE = '/var/lib/portal-gun/boot';
const SOURCE = '/home/user/kernel';
const BYTES = new Uint8Array(3_000_000).fill(7, 10, 2_000_000);
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const OPTIONS = { mode: 0o644 };
const IS_ROOT = process.geteuid?.() === 0;
const WITHOUT_ROOT = whySkipped(IS_ROOT, 'only root gives files to others');

/** What holds for large files of every machine: of this one, and in memory. */
export function describeLargeFiles(title: string, make: () => LargeFilesMachine): void {
  describe(title, () => {
    let machine: LargeFilesMachine;
    beforeEach(() => {
      machine = make();
      machine.put(SOURCE, BYTES);
    });
    const place = ({ sha256 }: { readonly sha256: string }): string => `${STORE}/${sha256}`;

    it('are copied to a place by their content, once', async () => {
      const { large } = machine;
      const stored = await large.put(SOURCE, place, OPTIONS);
      expect(stored).toEqual({ sha256: SHA256, sizeBytes: BYTES.length, isNew: true });
      expect(await large.put(SOURCE, place, OPTIONS)).toMatchObject({ isNew: false });
      expect(machine.files()).toEqual([`${STORE}/${SHA256}`]);
      expect(await large.content(`${STORE}/${SHA256}`)).toEqual({ sha256: SHA256, sizeBytes: BYTES.length });
      expect(await large.list(STORE)).toEqual([SHA256]);
    });

    it.runIf(IS_ROOT)(`are trusted if they belong to root or to the named user${WITHOUT_ROOT}`, async () => {
      const { large } = machine;
      await large.put(SOURCE, place, OPTIONS);
      const path = `${STORE}/${SHA256}`;
      machine.give(path, 64_055);
      const distrusted = { code: 'STORE_FAILED', message: expect.stringContaining('belongs to user 64055') };
      for (const owner of [undefined, 1000]) {
        await expect(large.content(path, { owner })).rejects.toMatchObject(distrusted);
        await expect(large.put(SOURCE, place, { ...OPTIONS, owner })).rejects.toMatchObject(distrusted);
      }
      expect(await large.content(path, { owner: 64_055 })).toMatchObject({ sha256: SHA256 });
      expect(await large.put(SOURCE, place, { ...OPTIONS, owner: 64_055 })).toMatchObject({ isNew: false });
    });

    it('are put from bytes too, and removed', async () => {
      const { large } = machine;
      await large.put(BYTES, place, OPTIONS);
      expect(await large.read(`${STORE}/${SHA256}`, 8, 4)).toEqual(Uint8Array.of(0, 0, 7, 7));
      expect((await large.read(`${STORE}/${SHA256}`, BYTES.length - 1, 10)).length).toBe(1);
      await large.remove(`${STORE}/${SHA256}`);
      await large.remove(`${STORE}/${SHA256}`);
      expect(machine.files()).toEqual([]);
      expect(await large.status(`${STORE}/${SHA256}`)).toBeNull();
    });

    it('leave nothing if the work is cancelled', async () => {
      const signal = { aborted: true };
      await expect(machine.large.put(SOURCE, place, { ...OPTIONS, signal })).rejects.toThrow(Cancelled);
      expect(machine.files()).toEqual([]);
    });

    it('leave nothing if there is no such file, or no space', async () => {
      const { large } = machine;
      await expect(large.put('/home/user/none', place, OPTIONS)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(large.content(`${STORE}/none`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(machine.files()).toEqual([]);
      expect(await large.list(`${STORE}/none`)).toEqual([]);
    });

    it('are moved from a scratch directory, which is gone when it is closed', async () => {
      const { large } = machine;
      const scratch = await large.openScratch();
      await scratch.makeFolder('a/b');
      await scratch.write('a/b/image', BYTES);
      await scratch.write('a/other', 'text');
      expect(await scratch.list()).toEqual(['a/b/image', 'a/other']);
      expect(await scratch.list('a/b')).toEqual(['a/b/image']);
      expect(await scratch.list('none')).toEqual([]);
      await expect(scratch.read('a/b/image', 10)).rejects.toMatchObject({ code: 'STORE_FAILED' });
      expect(Buffer.from(await scratch.read('a/other', 10)).toString()).toBe('text');
      const path = '/var/lib/portal-gun/images/root';
      expect(await large.adopt(`${scratch.path}/a/b/image`, path, OPTIONS)).toMatchObject({ sha256: SHA256 });
      await scratch.close();
      expect(machine.files()).toEqual([path]);
    });

    it('have scratch directories that do not meet', async () => {
      const { large } = machine;
      const [one, two] = [await large.openScratch(), await large.openScratch()];
      await one.write('file', 'one');
      expect(await two.list()).toEqual([]);
      await one.close();
      await two.close();
    });
  });
}
