import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { portal } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Folders of machines, and templates, that a person made to hang, fill or fool the program.

const ABOVE = temporaryFolder();
const BOUND_MS = 60_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/;
const fifo = (path: string) => execFileSync('mkfifo', [path]);

/** Damages a project whose machine r0 is in the folder. */
type Damage = (folder: string, root: string) => void;

/** Each with words of the faults that `portal check` reports. */
const FOLDERS: Readonly<Record<string, readonly [words: RegExp, damage: Damage]>> = {
  'a FIFO as definition': [
    /has no definition/,
    (folder) => {
      rmSync(join(folder, 'machine.yaml'));
      fifo(join(folder, 'machine.yaml'));
    },
  ],
  'a directory as definition': [
    /has no definition/,
    (folder) => {
      rmSync(join(folder, 'machine.yaml'));
      mkdirSync(join(folder, 'machine.yaml'));
    },
  ],
  'a definition that is a link to itself': [
    /has no definition/,
    (folder) => {
      rmSync(join(folder, 'machine.yaml'));
      symlinkSync('machine.yaml', join(folder, 'machine.yaml'));
    },
  ],
  'a definition of another charset': [
    /./,
    (folder) =>
      writeFileSync(join(folder, 'machine.yaml'), Buffer.from([0xff, 0xfe, 0x00, 0x9b, 0x32, 0x4a])),
  ],
  'a fragment that is a FIFO': [/not a regular file/, (folder) => fifo(join(folder, 'xml/a.xml'))],
  'a fragment that is a device': [
    /not a regular file/,
    (folder) => symlinkSync('/dev/zero', join(folder, 'xml/a.xml')),
  ],
  'a fragment that is a directory': [/is a directory/, (folder) => mkdirSync(join(folder, 'xml/a.xml'))],
  'a fragment that is a link to itself': [
    /ELOOP/,
    (folder) => symlinkSync('a.xml', join(folder, 'xml/a.xml')),
  ],
  'a fragment with entities': [
    /a\.xml/,
    (folder) => writeFileSync(join(folder, 'xml/a.xml'), '<!DOCTYPE a [<!ENTITY x "y">]><title>&x;</title>'),
  ],
  'a thousand fragments': [
    /more than 100 files/,
    (folder) => {
      for (let at = 0; at < 1000; at += 1) writeFileSync(join(folder, `xml/${at}.xml`), '<clock/>');
    },
  ],
  'a fragment whose name is an escape sequence': [
    /not well formed/,
    (folder) => writeFileSync(join(folder, 'xml/\u001b[2J\n\u202e.xml'), '<'),
  ],
  'a disk that is a link out of the folder': [
    /leads out of the folder/,
    (folder) => {
      symlinkSync('/etc/passwd', join(folder, 'disk.raw'));
      writeFileSync(
        join(folder, 'machine.yaml'),
        'category: service\nboot: { kernel: disk.raw }\ndisks: [{ name: a, source: disk.raw }]\n',
      );
    },
  ],
  'a share that is a link out of the folder': [
    /leads out of the folder/,
    (folder) => {
      symlinkSync('/etc', join(folder, 'data'));
      writeFileSync(join(folder, 'machine.yaml'), 'category: service\nshares: [{ name: a, source: data }]\n');
    },
  ],
  'a lock file that is a FIFO': [/no faults/, (_, root) => fifo(join(root, 'portal.lock'))],
  'a lock file that is deep': [
    /portal\.lock/,
    (_, root) => writeFileSync(join(root, 'portal.lock'), '['.repeat(100_000)),
  ],
  'names of folders with controls': [
    /cannot be the folder/,
    (folder) => mkdirSync(join(folder, '../\u001b]0;x\u0007\n\u009b')),
  ],
};

function project(damage: Damage): { readonly root: string; readonly folder: string } {
  const root = mkdtempSync(join(ABOVE, 'project-'));
  const folder = join(root, 'machines/r0');
  mkdirSync(join(folder, 'xml'), { recursive: true });
  writeFileSync(join(folder, 'machine.yaml'), 'category: service\n');
  damage(folder, root);
  return { root, folder };
}

describe('a folder of a machine with', () => {
  it.each(Object.entries(FOLDERS))('%s is checked in time', async (_, [words, damage]) => {
    const { root } = project(damage);
    for (const args of [['check'], ['show', 'r0'], ['render', 'r0'], ['set', 'r0', 'cpus=2', '--dry-run']]) {
      const { exitCode, stdout, stderr } = await portal([...args, '--project', root], {
        timeoutMs: BOUND_MS,
      });
      expect([0, 1, 2, 3]).toContain(exitCode);
      expect(stderr).not.toContain('INTERNAL');
      for (const text of [stdout, stderr]) expect(CONTROL.exec(text)).toBeNull();
      if (args[0] === 'check') expect(`${stdout}${stderr}`).toMatch(words);
      if (args[0] === 'render' && /leads out/.test(words.source)) expect(stderr).toMatch(words);
    }
  });
});

describe('a template', () => {
  const template = (damage: Damage) => {
    const made = project(damage);
    const folder = join(made.root, 't');
    mkdirSync(join(folder, 'config'), { recursive: true });
    writeFileSync(join(folder, 'template.yaml'), 'portal-gun: template/v1\nsummary: x\n');
    writeFileSync(join(folder, 'machine.yaml'), 'category: service\n');
    damage(folder, made.root);
    return portal(['new', 'x0', '--template', folder, '--yes', '--project', made.root], {
      timeoutMs: BOUND_MS,
    });
  };

  it.each<readonly [string, number, RegExp, Damage]>([
    [
      'a link to a file of the user',
      2,
      /leads out of the template/,
      (at) => symlinkSync('/etc/passwd', join(at, 'key')),
    ],
    [
      'a link to a directory',
      2,
      /leads out of the template/,
      (at) => symlinkSync('/etc/ssl', join(at, 'ssl')),
    ],
    ['a FIFO', 0, /Created/, (at) => fifo(join(at, 'fifo'))],
    ['names with controls', 0, /Created/, (at) => writeFileSync(join(at, '\u001b[2J\n'), '')],
    [
      'directories that contain themselves',
      2,
      /nested too deeply/,
      (at) => {
        for (const name of 'abcdefghij') symlinkSync('.', join(at, name));
      },
    ],
  ])('with %s', async (_, exit, words, damage) => {
    const { exitCode, stdout, stderr } = await template((at, root) =>
      at.endsWith('/t') ? damage(at, root) : undefined,
    );
    expect(`${stdout}${stderr}`).toMatch(words);
    expect(exitCode).toBe(exit);
    for (const text of [stdout, stderr]) expect(CONTROL.exec(text)).toBeNull();
  });
});
