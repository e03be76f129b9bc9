// Builds the package into dist/: the programs bundled, so that they start fast, and the library as modules
// with their types.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { BUNDLE, bundlePrograms, bundleTypeRemover, PROGRAMS } from './bundle.mjs';

const require = createRequire(import.meta.url);
const tsc = require.resolve('typescript/package.json').replace(/package\.json$/, 'bin/tsc');

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist', { recursive: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
const programs = BUNDLE.outdir;
mkdirSync(programs);
const { files } = await bundlePrograms();
for (const [name, text] of files) writeFileSync(`${programs}/${name}`, text);
writeFileSync(`${programs}/package.json`, '{"type":"commonjs"}\n');
for (const name of PROGRAMS) chmodSync(`${programs}/${name}.js`, 0o755);
cpSync('lib/pci/pci.ids', 'dist/pci/pci.ids');
cpSync('lib/machines/templates', 'dist/machines/templates', { recursive: true });
cpSync('lib/documents/schemas', 'dist/schemas', { recursive: true });
mkdirSync('dist/typescript');
writeFileSync('dist/typescript/sucrase.cjs', await bundleTypeRemover());
const licenses = [
  require.resolve('sucrase/package.json'),
  'node_modules/@jridgewell/trace-mapping/package.json',
];
writeFileSync(
  'dist/typescript/LICENSE',
  licenses.map((file) => readFileSync(file.replace(/package\.json$/, 'LICENSE'), 'utf8')).join('\n'),
);
cpSync('lib/pci/pci.ids.LICENSE', 'dist/pci/pci.ids.LICENSE');

// `npx pci` in a checkout then starts this very build, and asks no registry and no cache.
if (existsSync('node_modules/.bin')) {
  for (const name of PROGRAMS) {
    rmSync(`node_modules/.bin/${name}`, { force: true });
    symlinkSync(`../../dist/bin/${name}.js`, `node_modules/.bin/${name}`);
  }
}
