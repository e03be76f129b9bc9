import { Problem } from '../../base/problem.ts';
import { STALE } from '../../plan/change-states.ts';

import type { ChangeableHost } from '../changeable-host.ts';

// Of what a program of the host makes from files, a file of state says what it was made with.

/** Whether it was made with that; `null` for nothing of ours. */
export async function isMadeWith(
  { files }: ChangeableHost,
  statePath: string,
  goal: string | null,
): Promise<boolean> {
  const state = await files.read(statePath);
  return state === null ? goal === null : typeof state === 'string' && state.trim() === goal;
}

/** Marks it as to be made anew: whatever comes of that, it is not to be taken for what it was. */
export function markStale(host: ChangeableHost, statePath: string): Promise<Problem | null> {
  return markMade(host, statePath, STALE);
}

/** Writes down what it is made with, `null` for nothing of ours. */
export async function markMade(
  { files }: ChangeableHost,
  statePath: string,
  state: string | null,
): Promise<Problem | null> {
  const storing =
    state === null ? await files.remove(statePath) : await files.replace(statePath, `${state}\n`);
  if (storing === 'written') return null;
  const asked = state === null ? 'remove' : 'write';
  return new Problem('FILE_FAILED', `cannot ${asked} ${statePath}: ${storing.failed}`);
}

/** Runs the program that makes it, for minutes on slow disks; why it failed, in its own last words. */
export async function runMaker(
  { runner }: ChangeableHost,
  program: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<Problem | null> {
  const run = await runner.run(program, args, { timeoutMs });
  if (run.kind === 'missing') return new Problem('PROGRAM_MISSING', `${program} is not installed`);
  if (run.kind === 'failed') return new Problem('PROGRAM_FAILED', `${program} ${run.detail}`);
  if (run.exitCode === 0) return null;
  const said = run.stderr.trim().split('\n').at(-1) ?? '';
  return new Problem('PROGRAM_FAILED', said === '' ? `${program} exits with ${run.exitCode}` : said);
}
