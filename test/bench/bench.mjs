// What the program costs, as whole processes, beside a peer in the same run. Figures are medians; what
// counts are the ratios, since machines differ and are busy.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateTree } from './generate-tree.mjs';

const PCI = fileURLToPath(new URL('../../dist/bin/pci.js', import.meta.url));
const RUNS = 9;
const RUNS_OF_THE_LARGEST = 3;
const REPORT_PEAK =
  'data:text/javascript,process.on("exit",()=>process._rawDebug(process.resourceUsage().maxRSS))';

const folder = mkdtempSync(join(tmpdir(), 'portal-gun-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function run(words) {
  const start = process.hrtime.bigint();
  const { status, error, stderr } = spawnSync(words[0], words.slice(1), {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (error !== undefined || status !== 0)
    throw error ?? new Error(`${words.join(' ')} ended with ${status}: ${stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Runs two commands in turn; the median of each, and of their ratio pair by pair. */
function pair(ours, theirs, runs = RUNS) {
  run(ours);
  run(theirs);
  const pairs = Array.from({ length: runs }, () => [run(ours), run(theirs)]);
  return {
    oursMs: median(pairs.map(([a]) => a)),
    theirsMs: median(pairs.map(([, b]) => b)),
    ratio: median(pairs.map(([a, b]) => a / b)),
  };
}

function report(what, { oursMs, theirsMs, ratio }, limit) {
  const verdict = limit === undefined ? '' : `  (wanted: at most ${limit})`;
  process.stdout.write(
    `${what.padEnd(58)} ${oursMs.toFixed(0).padStart(6)} ms ${theirsMs.toFixed(0).padStart(6)} ms  ratio ${ratio.toFixed(2)}${verdict}\n`,
  );
}

const pci = (root, ...words) => [process.execPath, PCI, 'list', '--host', root, ...words];
const lspci = (root) => ['lspci', '-nnk', '-O', `sysfs.path=${root}/sys/bus/pci`];
const bare = [process.execPath, '-e', '0'];

process.stdout.write(`Node ${process.versions.node}; medians of ${RUNS} pairs\n`);
const roots = {};
for (const count of [64, 4096, 32768]) {
  roots[count] = join(folder, String(count));
  generateTree(roots[count], count);
}

report('64 functions: pci list / node -e 0', pair(pci(roots[64]), bare), 2.2);
report('4,096 functions: pci list / lspci -nnk', pair(pci(roots[4096]), lspci(roots[4096])), 1);
report(
  '4,096 functions: pci list --json / lspci -nnk',
  pair(pci(roots[4096], '--json'), lspci(roots[4096])),
  1,
);

const peak = spawnSync(process.execPath, ['--import', REPORT_PEAK, ...pci(roots[4096], '--json').slice(1)], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
const peakMb = Number(peak.stderr.toString().trim().split('\n').at(-1)) / 1024;
process.stdout.write(
  `${'4,096 functions: peak memory of pci list --json'.padEnd(58)} ${peakMb.toFixed(0).padStart(6)} MB  (wanted: under 200)\n`,
);

const large = pair(pci(roots[32768]), pci(roots[4096]), RUNS_OF_THE_LARGEST);
report('pci list: 32,768 functions / 4,096 (8 is linear)', large);
const base = median(Array.from({ length: RUNS }, () => run(pci(roots[64]))));
const slope = (large.oursMs - base) / (large.theirsMs - base);
process.stdout.write(
  `${'the same without the start of the program'.padEnd(58)} ${slope.toFixed(2).padStart(6)} times\n`,
);
