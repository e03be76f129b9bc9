import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SetOptions } from '../../lib/operations/project/set-values.ts';
import { idleHost } from '../support/idle-host.ts';
import { machineProject } from '../support/machine-project.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ABOVE = temporaryFolder();
const ROUTER = '# A router.\ncategory: router\nmemory: 256MiB # enough\n';
const SERVICE = '{\n  "category": "service",\n  "memory": "256MiB"\n}\n';

function project() {
  const made = machineProject(ABOVE, idleHost([]));
  const read = (path: string): string => readFileSync(join(made.root, 'machines', path), 'utf8');
  made.write('r0/machine.yaml', ROUTER);
  made.write('s0/machine.json', SERVICE);
  made.write('h0/machine.yaml', 'category: host\n');
  const set = async (options: SetOptions) => (await made.session()).machines.set(options);
  return { ...made, read, set };
}

const MEMORY = [{ key: 'memory', value: '384MiB' }];

describe('values of machines', () => {
  it('are set in all files but that of the host, and only once', async () => {
    const { set, read, root } = project();
    expect(await set({ values: MEMORY })).toEqual({
      root,
      written: true,
      machines: [
        {
          name: 'r0',
          file: 'machines/r0/machine.yaml',
          changes: [{ path: ['memory'], before: '256MiB', after: '384MiB' }],
        },
        {
          name: 's0',
          file: 'machines/s0/machine.json',
          changes: [{ path: ['memory'], before: '256MiB', after: '384MiB' }],
        },
      ],
    });
    expect(read('r0/machine.yaml')).toBe(ROUTER.replace('256', '384'));
    expect(read('s0/machine.json')).toBe(SERVICE.replace('256', '384'));
    const again = await set({ values: MEMORY });
    expect(again.written).toBe(false);
    expect(again.machines.map(({ changes }) => changes)).toEqual([[], []]);
  });

  it('are set by category, also those of the host if it is meant', async () => {
    const { set, read } = project();
    const values = [{ key: 'title', value: 'T' }];
    expect((await set({ types: ['host'], values })).machines).toMatchObject([{ name: 'h0' }]);
    expect((await set({ machines: ['h0'], values: [{ key: 'title', value: null }] })).written).toBe(true);
    expect(read('h0/machine.yaml')).toBe('category: host\n');
    expect((await set({ types: ['service'], values })).machines).toMatchObject([{ name: 's0' }]);
    expect(read('r0/machine.yaml')).toBe(ROUTER);
  });

  it('are not written with dryRun', async () => {
    const { set, read } = project();
    const shown = await set({ values: MEMORY, dryRun: true });
    expect(shown).toMatchObject({ written: false, machines: [{ changes: [{}] }, { changes: [{}] }] });
    expect(read('r0/machine.yaml')).toBe(ROUTER);
  });

  it.each<[string, string, string | Buffer, string]>([
    [
      'a value that the other machine cannot have',
      'memory',
      'category: router\nmemory: { size: 1GiB }\n',
      'not one value',
    ],
    [
      'a fault that the other machine has already',
      'memory',
      'category: router\ncpus: none\n',
      'nothing was written',
    ],
    ['no YAML', 'memory', 'category: [\n', 'r1/machine.yaml'],
    ['no UTF-8', 'memory', Buffer.from('category: router\ntitle: \xe4\n', 'latin1'), 'is not UTF-8'],
  ])('are set in no file at %s', async (_, key, text, message) => {
    const { set, read, root } = project();
    mkdirSync(join(root, 'machines/r1'));
    writeFileSync(join(root, 'machines/r1/machine.yaml'), text);
    const failure = await set({ values: [{ key, value: '1GiB' }] }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'BAD_DEFINITION' });
    expect(`${(failure as { subject: string }).subject}: ${String(failure)}`).toContain(message);
    expect(read('r0/machine.yaml')).toBe(ROUTER);
    expect(read('s0/machine.json')).toBe(SERVICE);
  });

  it('are refused with the place and the hint of the fault', async () => {
    const { set, read } = project();
    await expect(set({ values: [{ key: 'memory', value: '1MiB' }] })).rejects.toMatchObject({
      code: 'BAD_DEFINITION',
      subject: 'machines/r0/machine.yaml:3:9',
      message: expect.stringContaining('is too small'),
      hint: 'use at least 32MiB',
    });
    await expect(set({ machines: ['r0'], values: [{ key: 'category', value: null }] })).rejects.toMatchObject(
      {
        code: 'BAD_DEFINITION',
      },
    );
    expect(read('r0/machine.yaml')).toBe(ROUTER);
  });

  it.each<[SetOptions, string]>([
    [{ values: [] }, 'no value given'],
    [
      { values: Array.from({ length: 101 }, (_, index) => ({ key: `after.${index}`, value: 'a' })) },
      'more than 100',
    ],
    [{ values: [...MEMORY, { key: 'memory', value: null }] }, 'more than once'],
    [
      {
        values: [
          { key: 'nics.0.model', value: 'a' },
          { key: 'nics[0].model', value: 'b' },
        ],
      },
      'more than once',
    ],
    [{ values: [{ key: '__proto__', value: 'a' }] }, 'is not a key'],
    [{ values: [{ key: 'memry', value: 'a' }] }, 'no such key'],
    [{ values: MEMORY, machines: ['../r0'] }, 'cannot be the name'],
  ])('are refused: %#', async (options, message) => {
    const { set, read } = project();
    await expect(set(options)).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining(message),
    });
    expect(read('r0/machine.yaml')).toBe(ROUTER);
  });

  it('keep the permissions of a file, and a link to it', async () => {
    const { set, root } = project();
    const file = join(root, 'private.yaml');
    writeFileSync(file, ROUTER);
    chmodSync(file, 0o640);
    mkdirSync(join(root, 'machines/r2'));
    symlinkSync(file, join(root, 'machines/r2/machine.yaml'));
    await set({ machines: ['r2'], values: MEMORY });
    expect(readFileSync(file, 'utf8')).toBe(ROUTER.replace('256', '384'));
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });
});
