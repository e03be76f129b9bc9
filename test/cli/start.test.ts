import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundlePrograms, CORE, START } from '../../bundle.mjs';
import { fixture, PCI, ROOT } from '../support/pci-program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Libraries that take longer to be loaded than all of what is ours. */
const HEAVY = ['xmlbuilder2', '@oozcitak/dom', 'yaml', 'table', 'fast-xml-parser', 'zod'] as const;
type Heavy = (typeof HEAVY)[number];

/** What each command needs of them before it looks at anything; most need none. */
const NEEDED: Readonly<Record<string, readonly Heavy[]>> = {
  list: [],
  show: ['table'],
  groups: [],
  tree: [],
  'guard-start': ['fast-xml-parser', 'zod'],
  bind: ['table', 'zod'],
  recover: ['zod'],
  restore: ['zod'],
  validate: ['fast-xml-parser', 'zod'],
  xml: ['xmlbuilder2', '@oozcitak/dom', 'fast-xml-parser'],
  assign: ['table', 'fast-xml-parser', 'zod'],
  'sriov-list': ['zod'],
};

describe('a start of pci', () => {
  let outputs: Metafile['outputs'];
  let parts: ReadonlyMap<string, string>;
  let files: ReadonlyMap<string, string>;

  beforeAll(async () => {
    const { metafile, parts: found, files: texts } = await bundlePrograms();
    outputs = metafile.outputs;
    parts = found;
    files = texts;
  });

  /** The sources that are loaded with an entry point of the bundle: by static imports, all the way down. */
  function sourcesWith(entryPoint: string): readonly string[] {
    const files = new Set([outputOf(entryPoint)]);
    for (const file of files) {
      for (const { path, kind } of outputs[file]?.imports ?? []) {
        if (kind === 'import-statement' && path in outputs) files.add(path);
      }
    }
    // A part brings the whole file that it is in.
    const loaded = new Set([...files].map((file) => parts.get(basename(file))));
    for (const file of Object.keys(outputs)) {
      const whole = parts.get(basename(file));
      if (whole !== undefined && loaded.has(whole)) files.add(file);
    }
    return [...files].flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}));
  }

  /** The packages among them. */
  function loadedWith(entryPoint: string): ReadonlySet<string> {
    const inputs = sourcesWith(entryPoint);
    return new Set(inputs.flatMap((input) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []));
  }

  function outputOf(entryPoint: string): string {
    const entry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === entryPoint);
    if (entry === undefined) throw new Error(`${entryPoint} is no entry point of the bundle`);
    return entry;
  }

  /** The files of ours that a file loads at once, and not when something of them is asked for. */
  function requiredBy(file: string): readonly string[] {
    const text = files.get(file) ?? '';
    expect(text).not.toBe('');
    const required = text.matchAll(/(?<!then\(\(\)=>\w*\(?)\brequire\("\.\/([^"]+)"\)/g);
    return [...new Set([...required].map(([, name = '']) => name))];
  }

  const heavyWith = (entryPoint: string): readonly string[] => {
    const loaded = loadedWith(entryPoint);
    return HEAVY.filter((name) => loaded.has(name));
  };

  it('is two files of CommonJS, the program and its start, and the core for a list', () => {
    expect(requiredBy('pci.js')).toEqual([START]);
    expect(requiredBy('portal.js')).toEqual([START]);
    expect(requiredBy(START)).toEqual([]);
    expect(requiredBy(CORE)).toEqual([START]);
    expect(parts.get(basename(outputOf('lib/cli/commands/inventory/list.ts')))).toBe(CORE);
  });

  it('loads the parser of arguments only to parse them', () => {
    expect(heavyWith('bin/pci.ts')).toEqual([]);
    expect(loadedWith('bin/pci.ts')).not.toContain('yargs');
    expect(heavyWith('lib/cli/grammar/parse-command-line.ts')).toEqual([]);
    expect(loadedWith('lib/cli/grammar/parse-command-line.ts')).toContain('yargs');
  });

  it('loads neither the parser nor a large library to complete a line', () => {
    expect(heavyWith('lib/cli/completion/print-completions.ts')).toEqual([]);
    expect(loadedWith('lib/cli/completion/print-completions.ts')).not.toContain('yargs');
  });

  it('loads no safety rule to restore what is persisted, unless a device changes', () => {
    const loaded = [
      'lib/cli/commands/change/restore.ts',
      'lib/operations/sriov/propose-restore-vfs.ts',
      'lib/operations/binding/propose-restore-bindings.ts',
      'lib/cli/apply-shown.ts',
    ].flatMap(sourcesWith);
    expect(loaded).toContain('lib/apply/application.ts');
    expect(loaded.filter((source) => source.startsWith('lib/checks/safety/rules/'))).toEqual([]);
    expect(sourcesWith('lib/apply/safety-reading.ts').join()).toContain('lib/checks/safety/rules/');
  });

  it('has nothing of what describes the JSON documents: their types are enough', () => {
    const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
    expect(inputs.filter((input) => /^lib\/documents\/|zod\/v4\/classic\//.test(input))).toEqual([]);
    expect(inputs.some((input) => input.includes('zod/v4/mini/'))).toBe(true);
  });

  for (const [command, needed] of Object.entries(NEEDED)) {
    it(`loads for ${command} ${needed.length === 0 ? 'no large library' : needed.join(' and ')}`, () => {
      expect(heavyWith(moduleOf(command))).toEqual([...needed].sort(byOrder));
    });
  }
});

/** Parts of Node that take long to load, and that a look at a host does not need. */
const HEAVY_OF_NODE = ['child_process', 'crypto', 'net', 'readline', 'stream', 'zlib'];

describe('a start of the built pci', () => {
  const folder = temporaryFolder();

  /** The files, and the parts of Node beyond those of an empty program, that were loaded when a program ends. */
  async function loadedBy(words: readonly string[]): Promise<{ files: string[]; parts: string[] }> {
    const hook = join(folder, 'hook.cjs');
    writeFileSync(
      hook,
      `process.on('exit', () => {
        const parts = process.moduleLoadList.filter((name) => name.startsWith('NativeModule '));
        require('node:fs').writeSync(2, JSON.stringify({ files: Object.keys(require.cache), parts }));
      });`,
    );
    const run = async (program: readonly string[]) => {
      const { stderr, exitCode } = await execa(process.execPath, ['--require', hook, ...program], {
        cwd: ROOT,
        env: { PATH: process.env['PATH'] },
        extendEnv: false,
        stdin: 'ignore',
      });
      expect(exitCode).toBe(0);
      return JSON.parse(stderr) as { files: string[]; parts: string[] };
    };
    const empty = join(folder, 'empty.cjs');
    writeFileSync(empty, '');
    const [bare, ours] = [await run([empty]), await run([PCI, ...words])];
    const known = new Set(bare.parts);
    return {
      files: ours.files.filter((file) => file !== hook).map((file) => basename(file)),
      parts: ours.parts.filter((part) => !known.has(part)).map((part) => part.replace('NativeModule ', '')),
    };
  }

  it.each([
    [['--version'], []],
    [['list', '--host', fixture('gpu-desktop')], [CORE]],
    [['list', '--host', fixture('gpu-desktop'), '--json', 'class=network'], [CORE]],
    [['list', '--host', '/', '--pci-ids', 'bundled', '--columns=address'], [CORE]],
  ])('loads few files and no large part of Node: %j', async (words, more) => {
    const { files, parts } = await loadedBy(words);
    expect(files).toEqual(['pci.js', START, ...more]);
    expect(parts.filter((part) => HEAVY_OF_NODE.includes(part))).toEqual([]);
  });

  it('loads the parser for what is not plain', async () => {
    const { files } = await loadedBy(['list', '--help']);
    expect(files.some((file) => file.startsWith('parse-command-line-'))).toBe(true);
  });
});

/** The module that runs a command: `lib/cli/commands/sriov/sriov-list.ts`. */
function moduleOf(command: string): string {
  const folder = 'lib/cli/commands';
  const found = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const path = found.find((each) => basename(each) === `${command}.ts`);
  if (path === undefined) throw new Error(`${command} has no module`);
  return join(folder, path);
}

function byOrder(a: Heavy, b: Heavy): number {
  return HEAVY.indexOf(a) - HEAVY.indexOf(b);
}
