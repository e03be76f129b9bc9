import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUNDLE } from '../../bundle.mjs';

/** Libraries that take longer to be loaded than all of what is ours. */
const HEAVY = ['xmlbuilder2', '@oozcitak/dom', 'yaml', 'execa', 'table', 'fast-xml-parser', 'zod'] as const;
type Heavy = (typeof HEAVY)[number];

/** What each command needs of them before it looks at anything; most need none. */
const NEEDED: Readonly<Record<string, readonly Heavy[]>> = {
  list: [],
  show: ['table'],
  groups: [],
  tree: [],
  'guard-start': ['fast-xml-parser', 'zod'],
  bind: ['table', 'zod'],
  recover: ['execa', 'zod'],
};

describe('a start of pci', () => {
  let outputs: Metafile['outputs'];

  beforeAll(async () => {
    const { metafile } = await build({ ...BUNDLE, metafile: true, write: false });
    outputs = metafile.outputs;
  });

  /** The packages that are loaded with an entry point of the bundle: by static imports, all the way down. */
  function loadedWith(entryPoint: string): ReadonlySet<string> {
    const entry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === entryPoint);
    if (entry === undefined) throw new Error(`${entryPoint} is no entry point of the bundle`);
    const files = new Set([entry]);
    for (const file of files) {
      for (const { path, kind } of outputs[file]?.imports ?? []) {
        if (kind === 'import-statement' && path in outputs) files.add(path);
      }
    }
    const inputs = [...files].flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}));
    return new Set(inputs.flatMap((input) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []));
  }

  const heavyWith = (entryPoint: string): readonly string[] => {
    const loaded = loadedWith(entryPoint);
    return HEAVY.filter((name) => loaded.has(name));
  };

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

  it('has nothing of what describes the JSON documents: their types are enough', () => {
    const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
    expect(inputs.filter((input) => /^lib\/documents\/|zod\/v4\/classic\//.test(input))).toEqual([]);
    expect(inputs.some((input) => input.includes('zod/v4/mini/'))).toBe(true);
  });

  for (const [command, needed] of Object.entries(NEEDED)) {
    it(`loads for ${command} ${needed.length === 0 ? 'no large library' : needed.join(' and ')}`, () => {
      expect(heavyWith(`lib/cli/commands/${command}.ts`)).toEqual([...needed].sort(byOrder));
    });
  }
});

function byOrder(a: Heavy, b: Heavy): number {
  return HEAVY.indexOf(a) - HEAVY.indexOf(b);
}
