import { Problem } from '../../../base/problem.ts';
import { STALE } from '../../../plan/change-states.ts';

import type { ChangeableHost } from '../../changeable-host.ts';

// A state file records what a generated file was generated with.

/** Whether it was generated with that; `null` for no parts of portal-gun. */
export async function isMadeWith(
  { files }: ChangeableHost,
  statePath: string,
  goal: string | null,
): Promise<boolean> {
  const state = await files.read(statePath);
  return state === null ? goal === null : typeof state === 'string' && state.trim() === goal;
}

/** Marks it as stale: whatever happens next, it must not count as its earlier state. */
export function markStale(host: ChangeableHost, statePath: string): Promise<Problem | null> {
  return markMade(host, statePath, STALE);
}

/** Records what it is generated with, `null` for no parts of portal-gun. */
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

/** Runs the generator, which takes minutes on slow disks; returns the last lines of its error. */
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
