// Times whole processes beside a peer. Figures are medians; what counts are the ratios, since machines differ
// and are busy.
import { spawnSync } from 'node:child_process';

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
