// How the programs are bundled: for the build, and for the test of what a start loads.
import { basename } from 'node:path';
import { build, transform } from 'esbuild';

export const PROGRAMS = ['pci', 'portal'];

/** The file that every start loads: what all commands need, and what the most frequent ones do. */
export const CORE = 'core.js';

/** The commands that are part of it. */
const CORE_COMMANDS = ['lib/cli/commands/inventory/list.ts'];

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
  define: { 'import.meta.url': 'fileUrl' },
};
const FILE_URL = "const fileUrl=require('node:url').pathToFileURL(__filename).href;";

/**
 * The files of the programs, by name: CommonJS, a core and what is loaded when it is asked for.
 *
 * @returns {Promise<{ files: Map<string, string>, metafile: import('esbuild').Metafile, core: Set<string> }>}
 *   `core` are the outputs of the metafile that the core is made of
 */
export async function bundlePrograms() {
  const { metafile, outputFiles } = await build({ ...BUNDLE, metafile: true, write: false });
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const core = coreOf(metafile);
  const files = new Map([[CORE, await coreText(texts, core)]]);
  for (const [name, text] of texts) {
    if (!core.has(name)) files.set(name, await restText(text, core));
  }
  return { files, metafile, core };
}

/** What is loaded with what all programs and the commands of the core begin with. */
function coreOf({ outputs }) {
  const isStart = ({ entryPoint = '' }) => CORE_COMMANDS.includes(entryPoint);
  const imports = ({ imports }) =>
    imports.filter(({ kind, path }) => kind === 'import-statement' && path in outputs);
  const core = new Set(Object.keys(outputs).filter((path) => isStart(outputs[path])));
  for (const name of PROGRAMS) {
    for (const { path } of imports(outputs[`${BUNDLE.outdir}/${name}.js`])) core.add(path);
  }
  for (const path of core) for (const next of imports(outputs[path])) core.add(next.path);
  return new Set([...core].map((path) => basename(path)));
}

/** The core in one scope, and each of its parts by the name of its chunk. */
async function coreText(texts, core) {
  const inCore = (path) => core.has(basename(path));
  const parts = [...core].map((name) => `export * as ${exportOf(name)} from ${JSON.stringify(`./${name}`)};`);
  const { outputFiles } = await build({
    ...COMMONJS,
    bundle: true,
    write: false,
    stdin: { contents: parts.join('\n') },
    banner: { js: `"use strict";${FILE_URL}` },
    plugins: [
      {
        name: 'chunks',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^\.\// }, ({ path }) =>
            inCore(path) ? { path: basename(path), namespace: 'chunk' } : { path, external: true },
          );
          onLoad({ filter: /./, namespace: 'chunk' }, ({ path }) => ({ contents: texts.get(path) }));
        },
      },
    ],
  });
  return outputFiles[0].text;
}

/** A chunk beside the core: what it has of the core's parts comes from there. */
async function restText(text, core) {
  const { code } = await transform(text, COMMONJS);
  const fromCore = code.replace(/require\("\.\/([\w-]+\.js)"\)/g, (whole, name) =>
    core.has(name) ? `require("./${CORE}").${exportOf(name)}` : whole,
  );
  return fromCore.includes('fileUrl') ? withUrl(fromCore) : fromCore;
}

function withUrl(text) {
  const shebang = /^#!.*\n/.exec(text)?.[0] ?? '';
  return `${shebang}${FILE_URL}${text.slice(shebang.length)}`;
}

function exportOf(name) {
  return name.replace(/\W/g, '_');
}
