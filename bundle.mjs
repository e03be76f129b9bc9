// How the programs are bundled: for the build, and for the test of what a start loads.

export const PROGRAMS = ['pci', 'portal'];

export const BUNDLE = {
  entryPoints: PROGRAMS.map((name) => `bin/${name}.ts`),
  outdir: 'dist/bin',
  bundle: true,
  splitting: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // It makes a segmenter when it is loaded, which every start would pay for.
  alias: { 'string-width': './lib/render/layout/text-width.ts' },
  chunkNames: '[name]-[hash]',
  legalComments: 'none',
  logLevel: 'warning',
  // CommonJS packages in an ES module bundle still call require for Node's own modules.
  banner: {
    js: "import { createRequire as createBundleRequire } from 'node:module';\nconst require = createBundleRequire(import.meta.url);",
  },
};
