// Times whole processes beside a peer. Figures are medians; what counts are the ratios, since machines differ
// and are busy.
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';

const isOfNode = (name) => name.startsWith('NODE_');

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

/**
 * How long a command takes, in milliseconds.
 *
 * @param {readonly string[]} words
 * @param {string} [input] what it reads
 */
export function run(words, input) {
  const start = process.hrtime.bigint();
  const { status, error, stderr } = spawnSync(words[0] ?? '', words.slice(1), {
    env: ENVIRONMENT,
    ...(input === undefined ? {} : { input }),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'pipe'],
  });
  if (error !== undefined || status !== 0) {
    throw error ?? new Error(`${words.join(' ')} ended with ${status}: ${stderr}`);
  }
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/**
 * Runs two things in turn; the median of each, and of their ratio pair by pair.
 *
 * @param {() => number} ours gives milliseconds
 * @param {() => number} theirs
 * @param {number} runs
 */
export function pair(ours, theirs, runs) {
  ours();
  theirs();
  const pairs = Array.from({ length: runs }, () => ({ ours: ours(), theirs: theirs() }));
  return {
    oursMs: median(pairs.map((both) => both.ours)),
    theirsMs: median(pairs.map((both) => both.theirs)),
    ratio: median(pairs.map((both) => both.ours / both.theirs)),
  };
}

/**
 * A line of the report.
 *
 * @param {string} what
 * @param {ReturnType<typeof pair>} result
 * @param {number} [limit] the ratio that is wanted
 */
export function report(what, { oursMs, theirsMs, ratio }, limit) {
  const verdict = limit === undefined ? '' : `  (wanted: at most ${limit})`;
  const times = `${oursMs.toFixed(0).padStart(6)} ms ${theirsMs.toFixed(0).padStart(6)} ms`;
  process.stdout.write(`${what.padEnd(58)} ${times}  ratio ${ratio.toFixed(2)}${verdict}\n`);
}
