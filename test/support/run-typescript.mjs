// Runs a program of the project that is written in TypeScript, which Node 20 does not read: FILE [ARGUMENT…]
import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const [file, ...args] = process.argv.slice(2);
// Inside the project, where its packages are found.
const folder = mkdtempSync('node_modules/.run-');
const outfile = join(folder, `${basename(file, '.ts')}.mjs`);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
await build({
  entryPoints: [file],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
});
process.argv = [process.argv[0], file, ...args];
await import(pathToFileURL(outfile).href);
