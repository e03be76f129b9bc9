// How the programs are bundled: for the build, and for the test of what a start loads.
import { basename } from 'node:path';
import { build, transform } from 'esbuild';

export const PROGRAMS = ['pci', 'portal'];

/** The file that every start loads: what tells what is asked for. */
export const START = 'start.js';

/** The file that it loads for the most frequent commands. */
export const CORE = 'core.js';

/** The commands that are part of it. */
const CORE_COMMANDS = ['lib/cli/commands/inventory/list.ts'];

/**
 * Other frequent commands, by name. What the same ones of them need is one file: to find and load many small ones takes a start
 * longer than all of their code.
 */
const FREQUENT_COMMANDS = {
  show: ['lib/cli/commands/inventory/show.ts'],
  xml: ['lib/cli/commands/xml/xml.ts'],
  bind: ['lib/cli/commands/change/bind.ts'],
  validate: ['lib/cli/commands/change/validate.ts'],
  assign: ['lib/cli/commands/machines/assign.ts'],
  // The service of each boot, with what it always asks for.
  restore: [
    'lib/cli/commands/change/restore.ts',
    'lib/operations/sriov/propose-restore-vfs.ts',
    'lib/operations/binding/propose-restore-bindings.ts',
    'lib/cli/apply-shown.ts',
  ],
};

const COMMON = {
  minify: true,
  platform: 'node',
  target: 'node20.19',
  legalComments: 'none',
  logLevel: 'warning',
};

/** How the sources are split: a file for what the same commands need. */
export const BUNDLE = {
  ...COMMON,
  entryPoints: PROGRAMS.map((name) => `bin/${name}.ts`),
  outdir: 'dist/bin',
  bundle: true,
  splitting: true,
  format: 'esm',
  // It makes a segmenter when it is loaded, which every start would pay for.
  alias: { 'string-width': './lib/render/layout/text-width.ts' },
  chunkNames: '[name]-[hash]',
};

// Only CommonJS is loaded without the loader of ES modules, which takes as long as all that `--version` does.
const COMMONJS = {
  ...COMMON,
  format: 'cjs',
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'fileUrl.href' },
};
// Made when it is asked for, which few commands do.
const FILE_URL = "const fileUrl={get href(){return require('node:url').pathToFileURL(__filename).href}};";

/**
 * The files of the programs, by name: CommonJS, a start, a core, and what is loaded when it is asked for.
 *
 * @returns {Promise<{ files: Map<string, string>, metafile: import('esbuild').Metafile, parts: Map<string, string> }>}
 *   `parts` are the outputs of the metafile that files are made of, each with the file that it is in
 */
export async function bundlePrograms() {
  const { metafile, outputFiles } = await build({ ...BUNDLE, metafile: true, write: false });
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const parts = partsOf(metafile);
  const files = new Map();
  for (const file of new Set(parts.values())) files.set(file, await partText(file, texts, parts));
  for (const [name, text] of texts) {
    if (!parts.has(name)) files.set(name, await restText(text, parts));
  }
  return { files, metafile, parts };
}

/** What all programs begin with, what more the commands of the core need, and then what the same frequent ones do. */
function partsOf({ outputs }) {
  const imports = (path) =>
    outputs[path].imports
      .filter(({ kind, path: next }) => kind === 'import-statement' && next in outputs)
      .map(({ path: next }) => next);
  const parts = new Map();
  const add = (paths, file) => {
    for (const path of paths) {
      if (parts.has(basename(path))) continue;
      parts.set(basename(path), file);
      add(imports(path), file);
    }
  };
  for (const name of PROGRAMS) add(imports(`${BUNDLE.outdir}/${name}.js`), START);
  add(
    Object.keys(outputs).filter((path) => CORE_COMMANDS.includes(outputs[path].entryPoint ?? '')),
    CORE,
  );
  const needed = new Map();
  for (const [name, sources] of Object.entries(FREQUENT_COMMANDS)) {
    const files = new Set(Object.keys(outputs).filter((path) => sources.includes(outputs[path].entryPoint)));
    for (const path of files) for (const next of imports(path)) files.add(next);
    for (const path of files) needed.set(path, [...(needed.get(path) ?? []), name]);
  }
  for (const [path, names] of needed) {
    if (!parts.has(basename(path))) parts.set(basename(path), `for-${names.join('-')}.js`);
  }
  return parts;
}

/** One of these files in one scope, with each of its parts by the name of its chunk. */
async function partText(file, texts, parts) {
  const inFile = (path) => parts.get(basename(path)) === file;
  const own = [...texts.keys()].filter(inFile);
  const lines = own.map((name) => `export * as ${exportOf(name)} from ${JSON.stringify(`./${name}`)};`);
  const { outputFiles } = await build({
    ...COMMONJS,
    bundle: true,
    write: false,
    stdin: { contents: lines.join('\n') },
    banner: { js: '"use strict";' },
    plugins: [
      {
        name: 'chunks',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^\.\// }, ({ path }) =>
            inFile(path) ? { path: basename(path), namespace: 'chunk' } : { path, external: true },
          );
          onLoad({ filter: /./, namespace: 'chunk' }, ({ path }) => ({ contents: texts.get(path) }));
        },
      },
    ],
  });
  return finished(outputFiles[0].text, parts);
}

/** A chunk beside them. */
async function restText(text, parts) {
  const { code } = await transform(text, COMMONJS);
  return finished(code, parts);
}

/** What is asked for of a part comes from the file that it is in, and the file knows where it is if it asks for that. */
function finished(code, parts) {
  const text = code.replace(/require\("\.\/([\w-]+\.js)"\)/g, (whole, name) =>
    parts.has(name) ? `require("./${parts.get(name)}").${exportOf(name)}` : whole,
  );
  return text.includes('fileUrl') ? withUrl(text) : text;
}

function withUrl(text) {
  const head = /^(#!.*\n)?("use strict";)?/.exec(text)?.[0] ?? '';
  return `${head}${FILE_URL}${text.slice(head.length)}`;
}

function exportOf(name) {
  return name.replace(/\W/g, '_');
}

/**
 * What removes the types of TypeScript, and finds the places of what is left: one file of CommonJS that needs no other,
 * because the process that uses it cannot read files.
 *
 * @returns {Promise<string>}
 */
export async function bundleTypeRemover() {
  const { outputFiles } = await build({
    ...COMMON,
    bundle: true,
    write: false,
    format: 'cjs',
    mainFields: ['module', 'main'],
    stdin: {
      resolveDir: import.meta.dirname,
      contents: `
        export { transform } from 'sucrase';
        export { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
      `,
    },
  });
  return outputFiles[0].text;
}
