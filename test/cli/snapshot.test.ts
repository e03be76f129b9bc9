import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { FIXTURE_NAMES } from '../support/fixture-hosts.ts';
import { buildHost } from '../support/host-builder.ts';
import { hostFile } from '../support/host-file.ts';
import { gigabitNic } from '../support/hosts/functions.ts';
import { fixture, PCI, pci, pciInside, ROOT } from '../support/pci-program.ts';
import { shortNames } from '../support/short-names.ts';
import { whySkipped } from '../support/skipping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const NAMES = shortNames(folder);
const GPU = ['--host', fixture('gpu-desktop')];
const HOSTS = FIXTURE_NAMES.filter((name) => name !== 'no-pci');

const isRoot = process.geteuid?.() === 0;
const { exitCode: setpriv } = await execa('setpriv', ['--version'], { reject: false });
const canBeNobody = !isRoot || setpriv === 0;

// No fixture has an id of its machine, which is the key of the stand-ins.
const NOTE =
  'pci: note: this host has no machine-id, so anyone who guesses a MAC or serial number can verify the guess\n';

/** A new folder, empty. */
const place = (): string => mkdtempSync(join(folder, 'place-'));

describe('pci snapshot', () => {
  it('prints the snapshot', async () => {
    const { exitCode, stdout, stderr } = await pci(['snapshot', ...GPU]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: NOTE });
    expect(stdout.startsWith('portal-gun snapshot 1\nhost: ')).toBe(true);
    expect(stdout).toContain('\nidentifiers: replaced\n');
    expect((await pci(['snapshot', ...GPU, '-o', '-'])).stdout).toBe(stdout);
  });

  it.each([['-o'], ['--output']])(
    'writes a file with %s, for its owner alone, and says so',
    async (option) => {
      const at = place();
      const file = join(at, 'a.snapshot');
      const { exitCode, stdout, stderr } = await pci(['snapshot', ...GPU, option, file]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
      expect(stderr.replace(NOTE, '')).toMatch(
        /^pci: wrote .*a\.snapshot: host-[0-9a-f]{6}, identifiers replaced\n$/,
      );
      expect(readFileSync(file, 'utf8')).toBe((await pci(['snapshot', ...GPU])).stdout);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readdirSync(at)).toEqual(['a.snapshot']);
    },
  );

  it('writes over an older one, and leaves it alone where it fails', async () => {
    const at = place();
    const file = join(at, 'a.snapshot');
    writeFileSync(file, 'older');
    chmodSync(file, 0o644);
    const failed = await pci(['snapshot', '--host', fixture('no-pci'), '-o', file]);
    expect({ exitCode: failed.exitCode, text: readFileSync(file, 'utf8') }).toEqual({
      exitCode: 6,
      text: 'older',
    });
    for (const _ of [1, 2]) {
      expect(await pci(['snapshot', ...GPU, '--overwrite', '-o', file])).toMatchObject({ exitCode: 0 });
      expect(readFileSync(file, 'utf8')).toContain('portal-gun snapshot 1');
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    expect(readdirSync(at)).toEqual(['a.snapshot']);
  });

  it('says with --json what it wrote', async () => {
    const file = join(place(), 'a.snapshot');
    const { stdout, stderr } = await pci(['snapshot', ...GPU, '--raw', '--json', '-o', file]);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      schema: 'portal-gun/pci-snapshot/v1',
      host: { label: 'gpu-desktop' },
      file,
      identifiers: 'raw',
    });
  });

  it.each([[[]], [['-o', '-']]])('refuses --json without a file: %j', async (options) => {
    const { exitCode, stdout } = await pci(['snapshot', ...GPU, '--json', ...options]);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'BAD_ARGUMENT', subject: '--json' } });
  });
});

describe('a snapshot that can not be written', () => {
  it.each([
    ['into no folder', 'nowhere/a.snapshot', 'cannot be written: no such folder'],
    ['onto a folder', 'folder', 'is a directory'],
    ['onto a folder, with a slash', 'folder/', 'is a directory'],
    ['below a file', 'file/a.snapshot', 'cannot be written: ENOTDIR'],
  ])('%s', async (_, name, detail) => {
    const at = place();
    mkdirSync(join(at, 'folder'));
    writeFileSync(join(at, 'file'), 'a');
    const path = `${at}/${name}`;
    const { exitCode, stdout, stderr } = await pci(['snapshot', ...GPU, '-o', path]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 7, stdout: '' });
    expect(stderr.split('\n')[0]).toBe(`pci: ${path}: ${detail} [OUTPUT_FAILED]`);
    expect(readdirSync(at)).toEqual(['file', 'folder']);
    expect(readdirSync(join(at, 'folder'))).toEqual([]);
  });

  it('onto a FIFO, or by a link to one', async () => {
    const at = place();
    const fifo = join(at, 'fifo');
    await execa('mkfifo', [fifo]);
    symlinkSync(fifo, join(at, 'link'));
    for (const path of [fifo, join(at, 'link')]) {
      const { exitCode, stderr } = await pci(['snapshot', ...GPU, '--overwrite', '-o', path]);
      expect(exitCode).toBe(7);
      expect(stderr).toContain(`${path}: is not a regular file [OUTPUT_FAILED]\nhint: `);
      expect(stderr).toMatch(/stdout: -o -\n$/);
    }
    expect(lstatSync(fifo).isFIFO()).toBe(true);
    expect(readdirSync(at)).toEqual(['fifo', 'link']);
  });

  it('onto a device, or by a link to a pipe', async () => {
    for (const path of ['/dev/null', '/dev/stdout']) {
      const { exitCode, stdout, stderr } = await pci(['snapshot', ...GPU, '-o', path]);
      expect([exitCode, stdout]).toEqual([7, '']);
      expect(stderr).toContain(`${path}: is not a regular file [OUTPUT_FAILED]`);
      expect(stderr).toContain('-o -');
    }
  });

  it('by a link that leads nowhere', async () => {
    const at = place();
    symlinkSync('nowhere', join(at, 'link'));
    const { exitCode, stderr } = await pci(['snapshot', ...GPU, '-o', join(at, 'link')]);
    expect(exitCode).toBe(7);
    expect(stderr).toContain('the symbolic link is broken [OUTPUT_FAILED]');
    expect(readdirSync(at)).toEqual(['link']);
  });

  it('over something else, until that is asked for; a link stays one', async () => {
    const at = place();
    const [file, link] = [join(at, 'file'), join(at, 'link')];
    writeFileSync(file, 'mine');
    symlinkSync('file', link);
    const refused = await pci(['snapshot', ...GPU, '-o', link]);
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain(
      '[FILE_EXISTS]\nhint: use another path, or replace the file: --overwrite',
    );
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await pci(['snapshot', ...GPU, '-o', link, '--overwrite'])).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('portal-gun snapshot');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    // The same once more is no other content.
    expect((await pci(['snapshot', ...GPU, '-o', link])).exitCode).toBe(0);
  });

  it.runIf(canBeNobody)(
    `into a folder of somebody else${whySkipped(canBeNobody, 'no setpriv to be an ordinary user by')}`,
    async () => {
      const at = place();
      chmodSync(at, 0o555);
      const program = [process.execPath, PCI, 'snapshot', ...GPU, '-o', join(at, 'a')];
      const asNobody = ['setpriv', '--reuid=65534', '--clear-groups', ...program];
      const [file = '', ...args] = isRoot ? asNobody : program;
      const { exitCode, stderr } = await execa(file, args, { cwd: ROOT, reject: false });
      expect(exitCode).toBe(5);
      expect(stderr).toContain('cannot be written: EACCES [PERMISSION_DENIED]\nhint: ');
      expect(readdirSync(at)).toEqual([]);
    },
  );
});

describe('a host whose bus may not be listed', () => {
  it.each(['list', 'groups', 'tree', 'snapshot'])('%s', async (command) => {
    const denied = buildHost({
      label: 'closed',
      functions: [gigabitNic('0000:00:19.0')],
      change: (tree) => tree.deny('/sys/bus/pci/devices'),
    });
    const { exitCode, stdout, stderr } = await pci([command, '--host', hostFile(folder, 'closed', denied)]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' });
    expect(stderr).toBe(
      'pci: closed: /sys/bus/pci/devices cannot be listed: EACCES [PERMISSION_DENIED]\nhint: run the command as root\n',
    );
  });
});

describe.each(HOSTS)('a snapshot of %s', (name) => {
  /** The document without the host's label, which is the path of a tree and the name in a snapshot. */
  const documentOf = async (...args: string[]): Promise<unknown> => {
    const { host: _, ...rest } = JSON.parse((await pciInside([...args, ...NAMES, '--json'])).stdout);
    return rest;
  };

  it('is read as the host itself, and a snapshot of the snapshot is the same', async () => {
    const files = {
      raw: join(folder, `${name}-raw`),
      one: join(folder, `${name}-1`),
      two: join(folder, `${name}-2`),
    };
    await pciInside(['snapshot', '--raw', '--host', fixture(name), '-o', files.raw]);
    await pciInside(['snapshot', '--host', fixture(name), '-o', files.one]);
    await pciInside(['snapshot', '--host', files.one, '-o', files.two]);
    expect(readFileSync(files.two, 'utf8')).toBe(readFileSync(files.one, 'utf8'));

    for (const command of ['list', 'groups', 'tree']) {
      const itself = await documentOf(command, '--host', fixture(name));
      expect(await documentOf(command, '--host', files.raw)).toEqual(itself);
      expect(await documentOf(command, '--host', files.one)).toEqual(itself);
    }
    const { devices } = (await documentOf('list', '--host', fixture(name))) as {
      devices: { address: string }[];
    };
    for (const { address } of devices.slice(0, 12)) {
      const itself = await documentOf('show', address, '--host', fixture(name));
      expect(await documentOf('show', address, '--host', files.raw)).toEqual(itself);
      const replaced = await documentOf('show', address, '--host', files.one);
      expect(await documentOf('show', address, '--host', files.two)).toEqual(replaced);
    }
  });
});
