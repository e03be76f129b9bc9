import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveWriter } from '../../lib/host/live/live-writer.ts';
import { childProcesses } from '../support/child-processes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = temporaryFolder();
const at = (path: string): string => join(root, path);
const text = (path: string): string => readFileSync(at(path), 'utf8');
mkdirSync(at('sys/folder'), { recursive: true });
symlinkSync('folder', at('sys/link-to-folder'));
symlinkSync('one', at('sys/link'));

let writer: LiveWriter;
beforeEach(() => {
  writeFileSync(at('sys/one'), 'before\n');
  writeFileSync(at('sys/folder/two'), '');
  writer = new LiveWriter(root);
});
afterEach(() => writer.close());

const started = (): readonly number[] => childProcesses(process.pid);
const goneAfter = (before: readonly number[]): Promise<void> =>
  vi.waitFor(() => expect(started().filter((pid) => !before.includes(pid))).toEqual([]), {
    timeout: 60_000,
  });

describe('LiveWriter', () => {
  it('writes into what is there, and cuts nothing off', async () => {
    expect(await writer.write('/sys/one', 'AFTER')).toBe('written');
    expect(text('sys/one')).toBe('AFTERe\n');
    expect(await writer.write('/sys/link-to-folder/two', 'ü\n"\\ $(x)')).toBe('written');
    expect(text('sys/folder/two')).toBe('ü\n"\\ $(x)');
    expect(await writer.write('/sys/one', '')).toBe('written');
  });

  it.each([
    ['/sys/missing', 'x', 'ENOENT'],
    ['/sys/missing/below', 'x', 'ENOENT'],
    ['/sys/one/below', 'x', 'ENOTDIR'],
    ['/sys/folder', 'x', 'EISDIR'],
    ['/sys/link', 'x', 'ELOOP'],
    ['/sys/one', 'x'.repeat(4097), 'E2BIG'],
    ['/sys/one\0/two', 'x', 'EINVAL'],
  ])('says of %s what the kernel says', async (path, written, failed) => {
    expect(await writer.write(path, written)).toEqual({ failed });
    expect(text('sys/one')).toBe('before\n');
  });

  it('says what the kernel says of a file that may not be written', async () => {
    // Root may write it all the same; proc has one that nobody may.
    const path = process.geteuid?.() === 0 ? '/proc/version' : at('sys/one');
    chmodSync(at('sys/one'), 0o444);
    const live = new LiveWriter('');
    const writing = await live.write(path, 'x');
    live.close();
    chmodSync(at('sys/one'), 0o644);
    expect(['EACCES', 'EPERM', 'EIO', 'EROFS']).toContain((writing as { failed: string }).failed);
  });

  it('makes writes in the order of the calls, by one process', async () => {
    const before = started();
    const calls = Array.from({ length: 50 }, (_, index) =>
      writer.write('/sys/one', `${index}`.padStart(6, '0')),
    );
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['written']));
    expect(text('sys/one')).toBe('000049\n');
    expect(started().filter((pid) => !before.includes(pid))).toHaveLength(1);
    writer.close();
    await goneAfter(before);
  });

  it('starts another process after it was closed', async () => {
    await writer.write('/sys/one', 'first');
    writer.close();
    expect(await writer.write('/sys/one', 'again')).toBe('written');
  });

  it('leaves a process behind that does not come back, and goes on with another', async () => {
    const before = started();
    await writer.write('/sys/one', 'first ');
    const [stopped = 0] = started().filter((pid) => !before.includes(pid));
    process.kill(stopped, 'SIGSTOP');
    const [late, next] = [writer.write('/sys/one', 'second', 200), writer.write('/sys/folder/two', 'third')];
    expect(await late).toBe('blocked');
    expect(await next).toBe('written');
    expect(text('sys/one')).toBe('first \n');
    // It takes effect after all, and its process then ends.
    process.kill(stopped, 'SIGCONT');
    await vi.waitFor(() => expect(text('sys/one')).toBe('second\n'));
    writer.close();
    await goneAfter(before);
  });

  it('does not know what became of a write whose process was killed', async () => {
    const before = started();
    await writer.write('/sys/one', 'first ');
    const [killed = 0] = started().filter((pid) => !before.includes(pid));
    process.kill(killed, 'SIGSTOP');
    const writing = writer.write('/sys/one', 'second');
    process.kill(killed, 'SIGKILL');
    expect(await writing).toBe('blocked');
    expect(await writer.write('/sys/one', 'third ')).toBe('written');
  });

  it('gives up where too many writes are blocked', async () => {
    const before = started();
    const writings: unknown[] = [];
    for (let index = 0; index < 17; index += 1) {
      await writer.write('/sys/one', 'x');
      for (const pid of started()) if (!before.includes(pid)) process.kill(pid, 'SIGSTOP');
      writings.push(await writer.write('/sys/one', 'y', 50));
    }
    for (const pid of started()) if (!before.includes(pid)) process.kill(pid, 'SIGCONT');
    expect(writings.slice(0, 16)).toEqual(Array(16).fill('blocked'));
    expect(writings.at(16)).toEqual({ failed: 'EAGAIN' });
    writer.close();
    await goneAfter(before);
    expect(await writer.write('/sys/one', 'free')).toBe('written');
  });

  it('works from the package, and keeps no program from ending, not even blocked', async () => {
    const dist = join(import.meta.dirname, '../../dist/index.js');
    const program = `
      import { LiveWriter } from ${JSON.stringify(dist)};
      import { readdirSync, readFileSync } from 'node:fs';
      const writer = new LiveWriter(${JSON.stringify(root)});
      console.log(await writer.write('/sys/one', 'packed'));
      const child = readdirSync('/proc').find((name) => {
        try { return readFileSync('/proc/' + name + '/stat', 'utf8').split(') ')[1].split(' ')[1] === String(process.pid); }
        catch { return false; }
      });
      process.kill(Number(child), 'SIGSTOP');
      console.log(await writer.write('/sys/one', 'later', 100));
      console.log(child);
    `;
    const { stdout, exitCode } = await execa(process.execPath, ['--input-type=module', '--eval', program], {
      timeout: 60_000,
    });
    const [first, second, child] = stdout.split('\n');
    process.kill(Number(child), 'SIGCONT');
    expect([first, second, exitCode]).toEqual(['written', 'blocked', 0]);
    await vi.waitFor(() => expect(() => process.kill(Number(child), 0)).toThrow(), { timeout: 60_000 });
    // Whoever asked was gone by then, and somebody else may be putting things in order.
    expect(readFileSync(join(root, 'sys/one'), 'utf8')).toMatch(/^packed/);
  });
});
