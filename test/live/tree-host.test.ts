import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { TreeHost } from '../../lib/host/file/tree-host.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The most of a file of /proc that the kernel gives at once. */
const PIECE_BYTES = 4096;

const folder = temporaryFolder();
const host = new TreeHost(folder, 'tree');
const broken = (detail: string) => ({ unknown: 'broken', detail });

describe('what stands in a foreign tree', () => {
  it('may be a FIFO, which is not opened', () => {
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const program = join(folder, 'read-fifo.mjs');
    buildSync({
      stdin: {
        contents: `import { TreeHost } from './lib/host/file/tree-host.ts';
          const host = new TreeHost(process.argv[2], 'tree');
          console.log(JSON.stringify([host.readText('/fifo'), host.readLines('/fifo', ['x'])]));`,
        resolveDir: join(import.meta.dirname, '../..'),
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
    });
    // In a process of its own, which can be ended: a read that waits would never let a test go on.
    const run = spawnSync(process.execPath, [program, folder], { encoding: 'utf8', timeout: 60_000 });
    const refused = broken('not a regular file');
    expect(JSON.parse(run.stdout)).toEqual([refused, refused]);
  });

  it('may be a file of any size, of which no more is read than the bound', () => {
    writeFileSync(join(folder, 'sparse'), '');
    truncateSync(join(folder, 'sparse'), 2 ** 30);
    expect(host.readText('/sparse')).toEqual(broken('EFBIG'));
    expect(host.readBytes('/sparse')).toEqual(broken('EFBIG'));
    expect(host.readLines('/sparse', ['x'])).toEqual(broken('EFBIG'));
  });

  it('may be a table larger than an attribute', () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `alias pci:v${index} module_${index}`);
    writeFileSync(join(folder, 'table'), lines.join('\n'));
    expect(host.readText('/table')).toEqual(broken('EFBIG'));
    expect(host.readLines('/table', ['alias pci:v9999'])).toEqual([lines[9_999], ...lines.slice(99_990)]);
  });

  it('may be a large table that another takes the place of', () => {
    const table = (module: string) => `alias pci:v1 ${module}\n`.padEnd(100_000, '#');
    for (const module of ['igb', 'ice', 'ice']) {
      writeFileSync(join(folder, 'replaced'), table(module));
      expect(host.readLines('/replaced', ['alias pci:v1'])).toEqual([`alias pci:v1 ${module}`]);
    }
  });

  it('may be links that lead round in a circle', () => {
    symlinkSync('circle-b', join(folder, 'circle-a'));
    symlinkSync('circle-a', join(folder, 'circle-b'));
    expect(host.readText('/circle-a')).toEqual(broken('ELOOP'));
    expect(host.readText('/circle-a/below')).toEqual(broken('ELOOP'));
    expect(host.list('/circle-a')).toEqual(broken('ELOOP'));
    expect(host.readLines('/circle-a', [''])).toEqual(broken('ELOOP'));
    expect(host.exists('/circle-a')).toBe(false);
    expect(host.readLink('/circle-a')).toBe('circle-b');
  });

  it('may be a link in place of an attribute, which is not followed', () => {
    symlinkSync('/etc/hostname', join(folder, 'vendor'));
    expect(host.readText('/vendor')).toEqual(broken('ELOOP'));
    expect(host.readBytes('/vendor')).toEqual(broken('ELOOP'));
    expect(host.readLines('/vendor', [''])).toEqual(broken('ELOOP'));
    expect(host.readLink('/vendor')).toBe('/etc/hostname');
  });

  it('may be links that lead out of it, which are refused', () => {
    const outside = temporaryFolder();
    mkdirSync(join(outside, 'device'));
    writeFileSync(join(outside, 'device/vendor'), 'SECRET');
    mkdirSync(join(folder, 'devices/inner'), { recursive: true });
    writeFileSync(join(folder, 'devices/inner/vendor'), '0x8086');
    const up = '../'.repeat(folder.split('/').length + 2);
    symlinkSync(`${up}${outside.slice(1)}`, join(folder, 'devices/up'));
    symlinkSync(outside, join(folder, 'devices/absolute'));
    symlinkSync('/devices/inner', join(folder, 'devices/from-root'));
    const refused = broken('a symbolic link points outside the tree');
    for (const read of ['readText', 'readBytes', 'list', 'status', 'readLink'] as const) {
      const path = read === 'list' || read === 'status' ? '/devices/up/device' : '/devices/up/device/vendor';
      expect(host[read](path)).toEqual(refused);
    }
    expect(host.readLines('/devices/up/device/vendor', [''])).toEqual(refused);
    expect(host.exists('/devices/up/device')).toBe(false);
    // An absolute link is one of the captured host: it begins at the root of the tree.
    expect(host.list('/devices/absolute')).toBeNull();
    expect(host.readText('/devices/absolute/device/vendor')).toBeNull();
    expect(host.readText('/devices/from-root/vendor')).toBe('0x8086');
  });

  it('may be a name that is no UTF-8: it is listed, and not found again', () => {
    mkdirSync(join(folder, 'names'));
    const path = Buffer.concat([Buffer.from(`${folder}/names/`), Buffer.of(0x65, 0x74, 0x68, 0xff)]);
    writeFileSync(path, 'x');
    expect(host.list('/names')).toEqual(['eth\uFFFD']);
    expect(host.readText('/names/eth\uFFFD')).toBeNull();
  });

  it('may have paths that no kernel takes', () => {
    expect(host.readText(`/${'x'.repeat(300)}`)).toEqual(broken('ENAMETOOLONG'));
    expect(host.exists(`/${'x'.repeat(300)}`)).toBe(false);
    expect(host.readText('/nul\0')).toMatchObject({ unknown: 'broken' });
    expect(host.exists('/nul\0')).toBe(false);
  });
});

describe('the live machine', () => {
  const live = new TreeHost('', 'live');

  it('gives files of /proc to their end, though they have no size and come in pieces', async () => {
    // Of a process that does not grow: what a test runs in may have more mappings than a file is read of.
    const child = spawn(process.execPath, ['-e', 'console.log("up"); process.stdin.resume()']);
    try {
      await once(child.stdout, 'data');
      const maps = live.readText(`/proc/${child.pid}/maps`) as string;
      expect(maps).toEqual(expect.stringContaining('[stack]'));
      expect(maps.length).toBeGreaterThan(PIECE_BYTES);
    } finally {
      child.kill();
    }
    expect(live.readLines('/proc/self/status', ['Name:', 'Pid:'])).toEqual([
      expect.stringMatching(/^Name:/),
      `Pid:\t${process.pid}`,
    ]);
  });

  it('tells the number of a node, also through a link, and of nothing else', () => {
    expect(live.deviceNumber('/dev/null')).toEqual({ kind: 'character', number: '1:3' });
    const descriptor = openSync('/dev/zero', 'r');
    try {
      expect(live.deviceNumber(`/proc/self/fd/${descriptor}`)).toEqual({ kind: 'character', number: '1:5' });
    } finally {
      closeSync(descriptor);
    }
    expect(live.deviceNumber('/proc/self/stat')).toBeNull();
    expect(live.deviceNumber('/proc/self/none')).toBeNull();
  });
});

describe('another root', () => {
  it('never leads to a node of this machine', () => {
    symlinkSync('/dev/null', join(folder, 'descriptor'));
    expect(host.deviceNumber('/descriptor')).toMatchObject({ unknown: 'unread' });
    expect(host.deviceNumber('/names')).toBeNull();
  });
});
