// What `pci` costs, beside `node -e 0`, lspci, and itself: its start, small hosts, and generated ones.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateTree } from './generate-tree.mjs';
import { conditions, ENVIRONMENT, pair, report, run } from './pairs.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const PCI = path('../../dist/bin/pci.js');
const SMALL = path('../../fixtures/gpu-desktop.snapshot');
const RUNS = Number(process.argv[2] ?? 9);
const RUNS_OF_LARGE = Math.min(RUNS, 3);
const FEW = 4096;
const MANY = 32_768;
const DEVICE = '0000:01:00.1';
const REPORT_PEAK =
  'data:text/javascript,process.on("exit",()=>process._rawDebug(process.resourceUsage().maxRSS))';

const folder = mkdtempSync(join(tmpdir(), 'portal-gun-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

const pci = (...words) => [process.execPath, PCI, ...words];
const bare = [process.execPath, '-e', '0'];
const roots = new Map();
const on = (count) => {
  if (!roots.has(count)) {
    roots.set(count, join(folder, String(count)));
    generateTree(roots.get(count), count);
  }
  return ['--host', roots.get(count)];
};
const lspci = (count, ...words) => ['lspci', ...words, '-O', `sysfs.path=${on(count)[1]}/sys/bus/pci`];

/** A verdict on a host, and a refusal, are answers as well. */
const ANSWERS = [0, 1, 4];

function compare(what, ours, theirs, wanted, runs = RUNS) {
  const timed = (words) => () => run(words, { exits: ANSWERS });
  report(what, pair(timed(ours), timed(theirs), runs), wanted);
}

function peak(what, words, wantedMb) {
  const { stderr, status } = spawnSync(process.execPath, ['--import', REPORT_PEAK, ...words.slice(1)], {
    env: ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (!ANSWERS.includes(status)) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr}`);
  const megabytes = Number(stderr.toString().trim().split('\n').at(-1)) / 1024;
  process.stdout.write(
    `${`${what}: peak of memory`.padEnd(62)} ${megabytes.toFixed(0).padStart(6)} MB  (wanted: ${wantedMb} MB)\n`,
  );
}

process.stdout.write(
  `${conditions()}. Medians of ${RUNS} pairs, run in turn (${RUNS_OF_LARGE} for one device and for 32,768 functions); trees are generated\n`,
);

compare('pci --version / node -e 0', pci('--version'), bare, 1.4);
if (existsSync('/sys/bus/pci')) compare('pci list, this machine / node -e 0', pci('list'), bare, 1.7);
for (const [words, wanted] of [
  [['validate'], 4.5],
  [['xml', '01:00.0'], 3],
  [['bind', '01:00.0', '--dry-run'], undefined],
]) {
  compare(
    `pci ${words.join(' ')}, a small captured host / node -e 0`,
    pci(...words, '--host', SMALL),
    bare,
    wanted,
  );
}

compare('4,096: pci list / lspci -nnk', pci('list', ...on(FEW)), lspci(FEW, '-nnk'), 1);
compare('4,096: pci list --json / lspci -nnkv', pci('list', '--json', ...on(FEW)), lspci(FEW, '-nnkv'), 1.1);
const oneGroup = pci('list', 'group=1', ...on(FEW));
for (const words of [
  ['show', DEVICE],
  ['xml', DEVICE],
  ['validate', DEVICE],
  ['bind', DEVICE, '--dry-run'],
]) {
  compare(
    `4,096: pci ${words.join(' ')} / pci list group=1`,
    pci(...words, ...on(FEW)),
    oneGroup,
    1.2,
    RUNS_OF_LARGE,
  );
}
peak('4,096: pci list --json', pci('list', '--json', ...on(FEW)), 200);

for (const words of [['list'], ['sriov', 'list']]) {
  const [many, few] = [MANY, FEW].map((count) => pci(...words, ...on(count)));
  compare(`pci ${words.join(' ')}: 32,768 / 4,096 (8 is linear)`, many, few, 8, RUNS_OF_LARGE);
}
const snapshot = join(folder, 'many.snapshot');
peak('32,768: pci snapshot', pci('snapshot', '-o', snapshot, ...on(MANY)), 300);
peak('32,768: pci diff of two snapshots', pci('diff', snapshot, snapshot), 300);
