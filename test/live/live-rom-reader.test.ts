import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { LiveRomReader } from '../../lib/host/live/live-rom-reader.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What a kernel gives is tried in test/lab/test-rom.ts; a file that is written to keeps what was switched there.
const root = temporaryFolder();
const folder = join(root, 'device');
const at = (name: string): string => join(folder, name);
const text = (name: string): string => readFileSync(at(name), 'utf8');

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(at('power'), { recursive: true });
  writeFileSync(at('rom'), '..rest of it');
  writeFileSync(at('power/control'), 'auto\n');
  writeFileSync(at('power/runtime_status'), 'active\n');
});

const read = (maxBytes = 1 << 20, timeoutMs = 20_000) =>
  new LiveRomReader(root, maxBytes, timeoutMs).readRom('/device');

describe('LiveRomReader', () => {
  it('switches the ROM on, reads it, and switches it off again', async () => {
    expect(Buffer.from((await read()) as Uint8Array).toString()).toBe('1\nrest of it');
    expect(text('rom')).toBe('0\nrest of it');
    expect(text('power/control')).toBe('auto\n');
  });

  it('wakes a function that sleeps, and lets it sleep again', async () => {
    writeFileSync(at('power/runtime_status'), 'suspended\n');
    expect(Buffer.from((await read()) as Uint8Array).toString()).toBe('1\nrest of it');
    expect(text('power/control')).toBe('auto\n');
    // One that its owner keeps awake is left so.
    writeFileSync(at('power/control'), 'on\n');
    await read();
    expect(text('power/control')).toBe('on\n');
  });

  it('reads no more than it may', async () => {
    writeFileSync(at('rom'), 'x'.repeat(10_000));
    expect(await read(5000)).toHaveLength(5000);
  });

  it('says which step failed, and leaves nothing on', async () => {
    rmSync(at('rom'));
    expect(await read()).toEqual({ at: 'enable', failed: 'ENOENT' });
    symlinkSync('power/control', at('rom'));
    expect(await read()).toEqual({ at: 'enable', failed: 'ELOOP' });
    expect(text('power/control')).toBe('auto\n');
  });

  it('goes on where the kernel does not come back in time, and switches it off once it does', async () => {
    rmSync(at('rom'));
    execFileSync('mkfifo', [at('rom')]);
    // Nobody reads at the other end: opening it for writing blocks.
    expect(await read(1 << 20, 500)).toEqual({ at: 'blocked', failed: 'ETIMEDOUT' });
    const told = (): string => execFileSync('timeout', ['5', 'cat', at('rom')], { encoding: 'utf8' });
    expect(told()).toBe('1\n');
    // It reads now, and gives up: such a file has no places.
    execFileSync('timeout', ['5', 'sh', '-c', `: > '${at('rom')}'`]);
    expect(told()).toBe('0\n');
  });
});
