// Times whole processes beside a peer. What counts are the ratios, since machines differ and are busy: of the time that
// passes, and of the processor's, which what else runs changes less.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

const isOfNode = (name) => name.startsWith('NODE_');
/** What the kernel counts the time of processes in, per second: of Linux for all of its programs. */
const TICKS = 100;
/** Of /proc/self/stat behind the name of the process: the time of children that ended, theirs and the kernel's. */
const CHILDREN_FIELDS = [13, 14];

/**
 * Variables that change how Node starts, such as NODE_EXTRA_CA_CERTS, which makes each start parse certificates: all
 * programs run without them, for else a start of Node, and not the program, is what is measured.
 */
const CLEARED = Object.keys(process.env).filter(isOfNode);

/** The environment of every program that is measured. */
export const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !isOfNode(name)),
);

/** What the figures were made on: a line for the head of a report. */
export function conditions() {
  const cleared = CLEARED.length === 0 ? '' : `; cleared: ${CLEARED.join(', ')}`;
  const load = loadavg().map((each) => each.toFixed(1));
  return `Node ${process.versions.node}; ${cpus().length} processors; load ${load.join(' ')}${cleared}`;
}

/** @param {readonly number[]} values */
export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The time of processors that programs took which this process started, and that ended. */
export function childrenMs() {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return CHILDREN_FIELDS.reduce((sum, field) => sum + Number(fields[field]), 0) * (1000 / TICKS);
}

/**
 * How long a command takes, in milliseconds: the time that passes, and that of processors, which is exact to 10 ms.
 *
 * @param {readonly string[]} words
 * @param {{ input?: string, exits?: readonly number[] }} [options] what it reads; how it may end
 */
export function run(words, { input, exits = [0] } = {}) {
  const cpuBefore = childrenMs();
  const start = process.hrtime.bigint();
  const { status, error, stderr } = spawnSync(words[0] ?? '', words.slice(1), {
    env: ENVIRONMENT,
    ...(input === undefined ? {} : { input }),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  const wallMs = Number(process.hrtime.bigint() - start) / 1e6;
  if (error !== undefined || !exits.includes(status)) {
    throw error ?? new Error(`${words.join(' ')} ended with ${status}: ${stderr}`);
  }
  return { wallMs, cpuMs: childrenMs() - cpuBefore };
}

/**
 * Runs two things in turn; the median of each, and of their ratio pair by pair; of the processor's time the ratio of the
 * sums, since it comes in steps.
 *
 * @param {() => ReturnType<typeof run>} ours
 * @param {() => ReturnType<typeof run>} theirs
 * @param {number} runs
 */
export function pair(ours, theirs, runs) {
  ours();
  theirs();
  const pairs = Array.from({ length: runs }, () => ({ ours: ours(), theirs: theirs() }));
  const sum = (side) => pairs.reduce((total, both) => total + both[side].cpuMs, 0);
  return {
    oursMs: median(pairs.map((both) => both.ours.wallMs)),
    theirsMs: median(pairs.map((both) => both.theirs.wallMs)),
    ratio: median(pairs.map((both) => both.ours.wallMs / both.theirs.wallMs)),
    cpuRatio: sum('ours') / sum('theirs'),
  };
}

/**
 * A line of the report.
 *
 * @param {string} what
 * @param {ReturnType<typeof pair>} result
 * @param {number} [wanted] the ratio that is wanted
 */
export function report(what, { oursMs, theirsMs, ratio, cpuRatio }, wanted) {
  const verdict = wanted === undefined ? '' : `  (wanted: ${wanted})`;
  const times = `${oursMs.toFixed(0).padStart(6)} ms ${theirsMs.toFixed(0).padStart(6)} ms`;
  const ratios = `time ${ratio.toFixed(2)}  processor ${cpuRatio.toFixed(2)}`;
  process.stdout.write(`${what.padEnd(62)} ${times}  ${ratios}${verdict}\n`);
}
