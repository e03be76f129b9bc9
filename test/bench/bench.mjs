// What `pci list` costs on generated hosts, beside `node -e 0` and lspci.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateTree } from './generate-tree.mjs';
import { conditions, ENVIRONMENT, median, pair, report, run } from './pairs.mjs';

const PCI = fileURLToPath(new URL('../../dist/bin/pci.js', import.meta.url));
const RUNS = 9;
const RUNS_OF_THE_LARGEST = 3;
const REPORT_PEAK =
  'data:text/javascript,process.on("exit",()=>process._rawDebug(process.resourceUsage().maxRSS))';

const folder = mkdtempSync(join(tmpdir(), 'portal-gun-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

const pci = (root, ...words) => [process.execPath, PCI, 'list', '--host', root, ...words];
const lspci = (root) => ['lspci', '-nnk', '-O', `sysfs.path=${root}/sys/bus/pci`];
const bare = [process.execPath, '-e', '0'];
const pairOf = (ours, theirs, runs = RUNS) =>
  pair(
    () => run(ours),
    () => run(theirs),
    runs,
  );

process.stdout.write(`Generated hosts. ${conditions()}. Medians of ${RUNS} pairs\n`);
const roots = {};
for (const count of [64, 4096, 32768]) {
  roots[count] = join(folder, String(count));
  generateTree(roots[count], count);
}

report('64 functions: pci list / node -e 0', pairOf(pci(roots[64]), bare), 2.2);
report('4,096 functions: pci list / lspci -nnk', pairOf(pci(roots[4096]), lspci(roots[4096])), 1);
report(
  '4,096 functions: pci list --json / lspci -nnk',
  pairOf(pci(roots[4096], '--json'), lspci(roots[4096])),
  1,
);

const peak = spawnSync(process.execPath, ['--import', REPORT_PEAK, ...pci(roots[4096], '--json').slice(1)], {
  env: ENVIRONMENT,
  stdio: ['ignore', 'ignore', 'pipe'],
});
const peakMb = Number(peak.stderr.toString().trim().split('\n').at(-1)) / 1024;
process.stdout.write(
  `${'4,096 functions: peak memory of pci list --json'.padEnd(58)} ${peakMb.toFixed(0).padStart(6)} MB  (wanted: under 200)\n`,
);

const large = pairOf(pci(roots[32768]), pci(roots[4096]), RUNS_OF_THE_LARGEST);
report('pci list: 32,768 functions / 4,096 (8 is linear)', large);
const base = median(Array.from({ length: RUNS }, () => run(pci(roots[64]))));
const slope = (large.oursMs - base) / (large.theirsMs - base);
process.stdout.write(
  `${'the same without the start of the program'.padEnd(58)} ${slope.toFixed(2).padStart(6)} times\n`,
);
