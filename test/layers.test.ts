import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const ENTRIES = ['bin/pci.ts', 'bin/portal.ts', 'lib/index.ts'];
const FACE = 'lib/index.ts';
const MAX_LINES = 300;
const MAX_FILES = 20;
/** What reaches the world outside, and the one room that may. */
const EFFECTS = /^((node:)?(fs|fs\/promises|child_process|net|http|https|worker_threads)|execa)$/;
const EFFECTS_ROOM = 'lib/host';

interface Import {
  /** As it is written; `null` where it is computed. */
  readonly specifier: string | null;
  readonly reExports: boolean;
}

/** The imports of a module: static, for side effects, type-only, dynamic, and re-exports. */
function importsOf(text: string): readonly Import[] {
  // Comments stand on lines of their own; one that does not may be taken for code, and then be seen.
  const code = text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '');
  const declarations = code.matchAll(/^[ \t]*(import|export)\b(?:[^'"`;]*?\bfrom)?\s*(['"])([^'"]+)\2/gm);
  const calls = code.matchAll(/\b(?:import|require|getBuiltinModule)\s*\(\s*(?:(['"])([^'"]+)\1\s*\))?/g);
  return [
    ...[...declarations].map((match) => ({ specifier: match[3] ?? null, reExports: match[1] === 'export' })),
    ...[...calls].map((match) => ({ specifier: match[2] ?? null, reExports: false })),
  ];
}

type Rules = ReadonlyMap<string, readonly string[]>;

/** The table `room | may import | what it holds` of the architecture. */
function importTable(markdown: string): Rules {
  const lines = markdown.split('\n');
  const at = lines.findIndex((line) => /^\|\s*room\s*\|\s*may import\s*\|/.test(line));
  if (at < 0) throw new Error('docs/architecture.md has no table "room | may import | what it holds"');
  const rules = new Map<string, readonly string[]>();
  for (const line of lines.slice(at + 2)) {
    if (!line.startsWith('|')) break;
    const [room = '', allowed = ''] = line.split('|').slice(1).map(plainCell);
    rules.set(room, allowed === 'nothing' ? [] : allowed.split(/\s*,\s*/));
  }
  return rules;
}

function plainCell(cell: string): string {
  return cell.replaceAll('`', '').trim();
}

/** The room that a file is in: the row of the table that its path begins with, the longest. */
function roomOf(file: string, rules: Rules): string | undefined {
  return [...rules.keys()]
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
}

type Files = ReadonlyMap<string, string>;

function targetOf(file: string, specifier: string): string {
  return normalize(join(dirname(file), specifier));
}

/** What is wrong with the imports of each file, a sentence each. */
function importProblems(files: Files, rules: Rules): readonly string[] {
  return [...files].flatMap(([file, text]) =>
    importsOf(text).flatMap((imported): readonly string[] => problemsOf(file, imported, files, rules)),
  );
}

function problemsOf(file: string, { specifier, reExports }: Import, files: Files, rules: Rules): string[] {
  const room = roomOf(file, rules);
  if (room === undefined) return [`${file} is in no room of the table`];
  if (specifier === null) return [`${file} imports what is computed`];
  if (!specifier.startsWith('.')) {
    return EFFECTS.test(specifier) && room !== EFFECTS_ROOM
      ? [`${file} imports ${specifier}, which ${EFFECTS_ROOM} alone may`]
      : [];
  }
  const target = targetOf(file, specifier);
  const problems: string[] = [];
  if (reExports && file !== FACE) problems.push(`${file} re-exports ${target}: only ${FACE} may`);
  if (!files.has(target) && !/\.json$/.test(target))
    problems.push(`${file} imports ${target}, which is no module`);
  const other = roomOf(target, rules);
  const allowed = rules.get(room) ?? [];
  if (other === undefined) problems.push(`${file} imports ${target}, which is in no room`);
  else if (other !== room && !allowed.includes(other))
    problems.push(`${file} imports ${target}: ${room} may not import ${other}`);
  return problems;
}

type Graph = ReadonlyMap<string, readonly string[]>;

function graphOf(files: Files): Graph {
  return new Map(
    [...files].map(([file, text]) => [
      file,
      importsOf(text).flatMap(({ specifier }) =>
        specifier?.startsWith('.') ? [targetOf(file, specifier)] : [],
      ),
    ]),
  );
}

/** Every module that the entries lead to. */
function reached(graph: Graph, entries: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file) || !graph.has(file)) continue;
    seen.add(file);
    open.push(...(graph.get(file) ?? []));
  }
  return seen;
}

/** One way round for each cycle that is met. */
function cyclesIn(graph: Graph): readonly string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

function sourceFiles(): readonly string[] {
  return ['lib', 'bin'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[cm]?[jt]sx?$/.test(name))
      .map((name) => join(folder, name)),
  );
}

const files: Files = new Map(sourceFiles().map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));
const rules = importTable(readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8'));

describe('the rooms of docs/architecture.md', () => {
  it('are all there, and name only one another', () => {
    expect(
      [...rules.keys()].filter((room) => ![...files.keys()].some((file) => file.startsWith(room))),
    ).toEqual([]);
    expect([...rules.values()].flat().filter((room) => !rules.has(room))).toEqual([]);
  });

  it('import only what they may', () => {
    expect(importProblems(files, rules)).toEqual([]);
  });

  it('have no cycle of imports between files', () => {
    expect(cyclesIn(graphOf(files))).toEqual([]);
  });

  it('have no barrel but the face of the library', () => {
    expect([...files.keys()].filter((file) => /(^|\/)index\.[cm]?ts$/.test(file))).toEqual([FACE]);
  });

  it(`hold no file of more than ${MAX_LINES} lines, and none but TypeScript`, () => {
    // The face is a list of names.
    const long = [...files].filter(
      ([file, text]) => file !== FACE && text.split('\n').length > MAX_LINES + 1,
    );
    expect(long.map(([file]) => file)).toEqual([]);
    expect([...files.keys()].filter((file) => !file.endsWith('.ts'))).toEqual([]);
  });

  it(`have no folder of more than ${MAX_FILES} modules`, () => {
    const folders = new Map<string, number>();
    for (const file of files.keys()) folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
    expect([...folders].filter(([, amount]) => amount > MAX_FILES)).toEqual([]);
    expect(folders.size).toBeGreaterThan(20);
  });

  it('are seen whole: every file is reached from a program or the library', () => {
    const seen = reached(graphOf(files), ENTRIES);
    expect([...files.keys()].filter((file) => !seen.has(file))).toEqual([]);
    expect(seen.size).toBe(files.size);
    expect(seen.size).toBeGreaterThan(50);
  });
});

describe('the check itself', () => {
  const made = (text: string, file = 'lib/pci/made-up.ts'): readonly string[] =>
    importProblems(new Map([...files, [file, text]]), rules).filter((problem) => problem.startsWith(file));

  it.each([
    ['static', "import { TreeHost } from '../host/file/tree-host.ts';"],
    ['over several lines', "import {\n  TreeHost,\n} from '../host/file/tree-host.ts';"],
    ['type-only', "import type { HostReader } from '../host/host-reader.ts';"],
    ['for its effects', "import '../host/file/tree-host.ts';"],
    ['dynamic', "const host = await import('../host/file/tree-host.ts');"],
    ['in a type', "type Host = import('../host/file/tree-host.ts').TreeHost;"],
    ['of what is not there', "import { x } from './nowhere.ts';"],
    ['computed', 'const module = await import(name);'],
    ['of the file system', "import { readFileSync } from 'node:fs';"],
    ['of the file system without its scheme', "import fs from 'fs/promises';"],
    ['of processes', "import { execFileSync } from 'node:child_process';"],
    ['of execa', "import { execa } from 'execa';"],
    ['of execa by require', "const { execa } = require('execa');"],
    ['that is a re-export', "export * from './address.ts';"],
  ])('finds an import %s', (_, text) => {
    expect(made(`/** Made up. */\n${text}\n`)).toHaveLength(1);
  });

  it('finds a file outside every room', () => {
    expect(made("import { x } from '../pci/address.ts';", 'lib/utils/made-up.ts')).toHaveLength(1);
  });

  it('takes what is allowed, and comments, for nothing wrong', () => {
    const text =
      "// import { x } from '../host/files.ts';\n/**\n * import('execa')\n */\nimport { join } from 'node:path';\nimport { ERRORS } from '../base/errors.ts';\n";
    expect(made(text)).toEqual([]);
    expect(importsOf(text)).toHaveLength(2);
  });

  it('finds a cycle, and a file that nothing leads to', () => {
    const graph = graphOf(
      new Map([
        ['lib/pci/a.ts', "import './b.ts';"],
        ['lib/pci/b.ts', "import type { A } from './a.ts';"],
        ['lib/pci/c.ts', ''],
      ]),
    );
    expect(cyclesIn(graph)).toEqual(['lib/pci/a.ts -> lib/pci/b.ts -> lib/pci/a.ts']);
    expect([...reached(graph, ['lib/pci/a.ts'])]).toEqual(['lib/pci/a.ts', 'lib/pci/b.ts']);
  });
});
