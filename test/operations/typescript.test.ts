import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { definitionForm } from '../../lib/machines/definition/definition-form.ts';
import { definitionTypes } from '../../lib/machines/typescript/definition-types.ts';
import { definitionSchema } from '../support/definition-schema.ts';
import { idleHost } from '../support/idle-host.ts';
import { machineProject } from '../support/machine-project.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ABOVE = temporaryFolder();
const SEED = 'portal-gun: lock/v1\nseed: 0123456789abcdef0123456789abcdef\n';
const TSC = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace(/package\.json$/, 'bin/tsc');

const ROUTER = `import { lan } from '../../lib/lan.ts';

export default defineMachine({
  category: 'router',
  title: \`\${machine.name} \${random.hex('title', 4)} \${random.pick('color', ['red', 'green'])} \${random.integer('n', 1, 6)}\`,
  memory: size.MiB(384),
  nics: [lan('e1000e'), net.isolated('b', { mac: mac.ofAddress('10.11.0.1', { plane: 3 }) })],
  pci: [pci.search('class=network !uplink', { rom: false })],
  after: ['r1'],
});
`;
const LAN = `export const lan = (model: 'virtio' | 'e1000e') => net.isolated('lan', { model, mac: mac.random('lan') });
`;

function project() {
  const made = machineProject(ABOVE, idleHost([]));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(made.root, path)), { recursive: true });
    writeFileSync(join(made.root, path), text);
  };
  return { ...made, put };
}

async function faultsOf({ session }: ReturnType<typeof project>): Promise<readonly string[]> {
  const { machines } = await (await session()).machines.check();
  return machines.flatMap(({ faults }) => faults.map(({ at, message }) => `${at} ${message}`));
}

describe('a definition in TypeScript', () => {
  it('is shown, checked, rendered and brought up as one in YAML', async () => {
    const made = project();
    made.put('portal.lock', SEED);
    made.put('lib/lan.ts', LAN);
    made.write('r0/machine.ts', ROUTER.replace(/ {2}pci.*\n/, ''));
    made.write('r1/machine.yaml', 'category: router\n');
    const { machines } = await made.session();
    expect(await faultsOf(made)).toEqual([]);
    const { values } = await machines.show('r0');
    expect(values.find(({ path }) => path[0] === 'memory')).toEqual({
      ...{ path: ['memory', 'size'], value: '384MiB' },
      origin: { kind: 'file', at: 'machines/r0/machine.ts:3:16' },
    });
    expect(values.find(({ path }) => path[0] === 'firmware')?.origin).toEqual({ kind: 'default' });
    expect((await machines.render('r0')).domain).toContain('02:03:0a:0b:00:01');
    // With the machine that it starts after.
    expect((await machines.up('r0')).subject.machines.map(({ name }) => name)).toEqual(['r1', 'r0']);
    expect((await machines.status()).machines.map(({ name }) => name)).toEqual(['r1', 'r0']);
  });

  it('is the same in every project with its lock file, and another for another machine', async () => {
    const shown = async (seed: string, name: string): Promise<string> => {
      const made = project();
      made.put('portal.lock', seed);
      made.put('lib/lan.ts', LAN);
      made.write(`${name}/machine.ts`, ROUTER);
      const { definition } = await (await made.session()).machines.show(name);
      return JSON.stringify(definition);
    };
    const first = await shown(SEED, 'r0');
    expect(first).toContain('"title":"r0 ');
    expect(await shown(SEED, 'r0')).toBe(first);
    expect(await shown(SEED.replace('0123', '4567'), 'r0')).not.toBe(first);
    expect((await shown(SEED, 'r2')).replaceAll('r2', 'r0')).not.toBe(first);
  });

  it('has faults at the call that made it, with their keys', async () => {
    const made = project();
    made.write(
      'r0/machine.ts',
      "\nexport default defineMachine({\n  memory: 512, nics: [{ network: 'a', model: 'x' }], colour: 1 } as any);\n",
    );
    expect(await faultsOf(made)).toEqual([
      'machines/r0/machine.ts:2:16 colour: no such key here: "colour"',
      'machines/r0/machine.ts:2:16 does not have the category of the machine',
      'machines/r0/machine.ts:2:16 memory: not a size',
      'machines/r0/machine.ts:2:16 nics.0.model: must be virtio or e1000e or e1000 or igb or rtl8139',
    ]);
  });

  it.each([
    ['of a syntax error', 'export default {', /^machines\/r0\/machine.ts:1:\d+ is not TypeScript: /],
    [
      'of its text',
      'export default { title: "x".repeat(1001) }',
      /^machines\/r0\/machine.ts "title" is longer/,
    ],
    [
      'of a helper',
      "export default { memory: size.MiB('x') }",
      /^machines\/r0\/machine.ts:1:31 size.MiB\(\) must be a whole/,
    ],
    ['of a name', 'export default { title: random.hex("", 1) }', /random.hex needs a name/],
    ['of an address', 'export default { title: mac.ofAddress("10.0.0.256") }', /needs an IPv4 address/],
    ['that is not UTF-8', Buffer.from([0x2f, 0x2f, 0xff]), /^machines\/r0\/machine.ts is not UTF-8/],
    ['that is too large', `// ${'x'.repeat(2_000_000)}`, /^machines\/r0\/machine.ts cannot be read: EFBIG/],
  ])('has a fault %s', async (_, text, expected) => {
    const made = project();
    made.write('r0/machine.ts', text as string);
    const [fault, ...more] = await faultsOf(made);
    expect(more).toEqual([]);
    expect(fault).toMatch(expected);
  });

  it('may begin with a BOM', async () => {
    const made = project();
    made.write('r0/machine.ts', "\uFEFFexport default { category: 'router' };");
    expect(await faultsOf(made)).toEqual([]);
  });

  it('reads no file outside of its project, by no link', async () => {
    const made = project();
    writeFileSync(join(ABOVE, 'secret.json'), '{ "secret": 1 }');
    made.put('lib/x', '');
    symlinkSync(join(ABOVE, 'secret.json'), join(made.root, 'lib/link.json'));
    symlinkSync(ABOVE, join(made.root, 'lib/folder'));
    for (const path of ['link.json', 'folder/secret.json']) {
      made.write(
        'r0/machine.ts',
        `import x from '../../lib/${path}';\nexport default { category: x.secret };`,
      );
      expect(await faultsOf(made)).toEqual([
        `machines/r0/machine.ts:1:1 cannot import "../../lib/${path}": the file is a link that leads out of the project`,
      ]);
    }
    made.write('r0/machine.ts', "import x from '../../../secret.json';\nexport default x;");
    expect(await faultsOf(made)).toEqual([
      'machines/r0/machine.ts:1:1 cannot import "../../../secret.json": it is outside of the project',
    ]);
    made.write('r1/x', '');
    symlinkSync(join(ABOVE, 'secret.json'), join(made.root, 'machines/r1/machine.ts'));
    expect(await faultsOf(made)).toContain('machines/r1/machine.ts is a link that leads out of the project');
  });

  it('imports a limited number of files', async () => {
    const made = project();
    for (let index = 0; index < 120; index++) made.put(`lib/f${index}.ts`, `import './f${index + 1}.ts';`);
    made.write('r0/machine.ts', "import '../../lib/f0.ts';\nexport default { category: 'router' };");
    expect(await faultsOf(made)).toEqual(['machines/r0/machine.ts imports more than 100 files or 4 MiB']);
  });

  it('is not read beside one in YAML, and its values cannot be set', async () => {
    const made = project();
    made.write('r0/machine.yaml', 'category: router\n');
    made.write('r0/machine.ts', 'throw 1;');
    expect(await faultsOf(made)).toEqual([
      'machines/r0/machine.ts is not read: machine.yaml defines the machine',
    ]);
    made.write('r1/machine.ts', "export default { category: 'router' };");
    const { machines } = await made.session();
    await expect(machines.set({ values: [{ key: 'memory', value: '1GiB' }] })).rejects.toMatchObject({
      ...{ code: 'BAD_ARGUMENT', subject: 'machines/r1/machine.ts' },
    });
    expect(readFileSync(join(made.root, 'machines/r0/machine.yaml'), 'utf8')).toBe('category: router\n');
  });

  it('that fails does not keep others from being stopped', async () => {
    const made = project();
    made.write('r0/machine.ts', 'throw new Error("no");');
    made.write('r1/machine.yaml', 'category: router\n');
    const { machines } = await made.session();
    expect((await machines.halt()).subject.machines.map(({ name }) => name)).toEqual(['r0', 'r1']);
    await expect(machines.up()).rejects.toMatchObject({ code: 'BAD_DEFINITION' });
  });
});

describe('a new machine', () => {
  it('in TypeScript is the same as in YAML, and editors find its types and schema', async () => {
    const made = project();
    const { machines } = await made.session();
    const template = 'router/universe';
    expect((await machines.create({ name: 'r0', template, typescript: true })).files).toEqual(['machine.ts']);
    await machines.create({ name: 'r1', template });
    const [first, second] = [await machines.show('r0'), await machines.show('r1')];
    expect({ ...first.definition, name: '' }).toEqual({ ...second.definition, name: '' });
    const yaml = readFileSync(join(made.root, 'machines/r1/machine.yaml'), 'utf8');
    const [, schema = ''] = /^# yaml-language-server: \$schema=(.*)\n/.exec(yaml) ?? [];
    expect(JSON.parse(readFileSync(join(made.root, 'machines/r1', schema), 'utf8'))).toMatchObject({
      $id: 'portal-gun/machine-definition/v1',
    });
    const source = readFileSync(join(made.root, 'machines/r0/machine.ts'), 'utf8');
    const [, types = ''] = /^\/\/\/ <reference path="(.*)" \/>\n/.exec(source) ?? [];
    expect(readFileSync(join(made.root, 'machines/r0', types), 'utf8')).toContain(
      'declare function defineMachine',
    );
  });
});

describe('the types of definitions', () => {
  it('have every key, fit all helpers, and find a wrong key', () => {
    const folder = join(ABOVE, 'types');
    mkdirSync(join(folder, 'machines/r0'), { recursive: true });
    mkdirSync(join(folder, 'lib'));
    const types = definitionTypes(definitionSchema());
    for (const key of Object.keys(definitionForm.shape))
      expect(types).toMatch(new RegExp(`\\n {2}readonly '?${key.replace('$', '\\$')}'?\\??: `));
    writeFileSync(join(folder, 'machine.d.ts'), types);
    writeFileSync(join(folder, 'lib/lan.ts'), LAN);
    const file = join(folder, 'machines/r0/machine.ts');
    const check = (text: string): string => {
      writeFileSync(file, text);
      try {
        execFileSync(
          process.execPath,
          [
            TSC,
            '--noEmit',
            '--strict',
            '--allowImportingTsExtensions',
            '--module',
            'preserve',
            '--target',
            'es2023',
            '--types',
            '',
            join(folder, 'machine.d.ts'),
            file,
          ],
          { encoding: 'utf8', cwd: folder },
        );
        return '';
      } catch (error) {
        return (error as { readonly stdout: string }).stdout;
      }
    };
    expect(check(`${ROUTER}\nos.image('debian', { size: size.GiB(4) });`)).toBe('');
    expect(check(ROUTER.replace('memory:', 'memroy:'))).toContain("'memroy' does not exist");
    expect(check(ROUTER.replace("'e1000e'", "'e1000f'"))).toContain('e1000f');
  });
});
