import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { packArchive } from '../../../../lib/machines/boot/cpio.ts';
import { packGuest } from '../../../../lib/machines/boot/guest-archive.ts';
import { GUEST_FILES } from '../../../../lib/machines/boot/guest-scripts.ts';
import { whySkipped } from '../../../support/skipping.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const UNPACKERS = ['/usr/bin/cpio', '/bin/busybox', '/usr/bin/busybox'];
const unpacker = UNPACKERS.find((path) => existsSync(path));
const words = unpacker?.endsWith('busybox') === true ? [unpacker, 'cpio'] : [unpacker ?? ''];
const folder = temporaryFolder();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const ENTRIES = [
  { kind: 'directory', path: 'bin', mode: 0o755 },
  { kind: 'file', path: 'bin/tool', mode: 0o755, content: bytes('#!/bin/sh\n') },
  { kind: 'link', path: 'bin/other', target: 'tool' },
  { kind: 'file', path: 'empty', mode: 0o600, content: bytes('') },
] as const;

describe('an archive of the format newc', () => {
  it('has the header of the kernel document, name and content, each padded to 4 bytes', () => {
    const archive = packArchive([{ kind: 'file', path: 'ab', mode: 0o644, content: bytes('hello') }]);
    const text = Buffer.from(archive).toString('latin1');
    const header = [
      '070701',
      '00000001',
      '000081a4',
      '00000000',
      '00000000',
      '00000001',
      '00000000',
      '00000005',
    ];
    const rest = ['00000000', '00000000', '00000000', '00000000', '00000003', '00000000'];
    expect(text.slice(0, 110)).toBe([...header, ...rest].join(''));
    expect(text.slice(110, 124)).toBe('ab\0\0\0\0hello\0\0\0');
    expect(text.slice(124, 130)).toBe('070701');
    expect(text).toContain('TRAILER!!!');
    expect(archive.length % 512).toBe(0);
  });

  it('has the numbers of a device', () => {
    const [entry] = [{ kind: 'character-device', path: 'c', mode: 0o600, device: [5, 1] }] as const;
    const text = Buffer.from(packArchive([entry])).toString('latin1');
    expect(text.slice(14, 22)).toBe('00002180');
    expect(text.slice(78, 94)).toBe('0000000500000001');
  });

  it('is the same for the same entries', () => {
    expect(packArchive(ENTRIES)).toEqual(packArchive(ENTRIES));
  });

  const test = unpacker === undefined ? it.skip : it;
  test(`is unpacked by cpio${whySkipped(unpacker !== undefined, 'neither cpio nor busybox is installed')}`, async () => {
    const file = join(folder, 'archive');
    writeFileSync(file, packArchive(ENTRIES));
    const [program = '', ...args] = words;
    const { stdout } = await execa(program, [...args, '-t'], { inputFile: file });
    expect(stdout.split('\n').filter((line) => !/blocks/.test(line))).toEqual(
      ENTRIES.map(({ path }) => path),
    );
    await execa(program, [...args, '-i'], { inputFile: file, cwd: folder });
    expect(readFileSync(join(folder, 'bin/other'), 'utf8')).toBe('#!/bin/sh\n');
    expect(statSync(join(folder, 'bin/tool')).mode & 0o7777).toBe(0o755);
  });
});

describe('the initramfs of a guest', () => {
  it('has directories before what is in them', () => {
    const modules = new Map([['kernel/fs/9p/9p.ko', bytes('module')]]);
    const archive = packGuest({ busybox: bytes('busybox'), kernelVersion: '6.1.0', modules });
    const text = Buffer.from(archive).toString('latin1');
    const at = (path: string): number => text.indexOf(`${path}\0`);
    const paths = [
      'lib',
      'lib/modules',
      'lib/modules/6.1.0/kernel/fs/9p',
      'lib/modules/6.1.0/kernel/fs/9p/9p.ko',
    ];
    expect(paths.map(at)).toEqual(paths.map(at).toSorted((a, b) => a - b));
    expect(at(paths[0] ?? '')).toBeGreaterThan(0);
  });

  it.each(GUEST_FILES.filter(({ text }) => text.startsWith('#!')))(
    'has a script that a shell reads: $path',
    async ({ text }) => {
      const { stderr, exitCode } = await execa('sh', ['-n'], { input: text, reject: false });
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    },
  );

  it('starts with a script whose expansions are those of a shell', () => {
    const init = GUEST_FILES.find(({ path }) => path === 'init')?.text ?? '';
    expect(init).not.toContain('\\${');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is of a shell.
    expect(init).toContain('name=${word#*=}');
  });
});
