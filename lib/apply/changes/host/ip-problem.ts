import { Problem, type ProblemCode } from '../../../base/problem.ts';
import type { Run } from '../../../host/runner.ts';
import { IP, type LinkFailure, saidOf } from '../../../sysfs/device/pf-link.ts';

/** The problem that `ip` could not read the interface of a function. */
export function linkProblem(asked: string, failure: LinkFailure): Problem {
  return 'missing' in failure ? missing(asked) : new Problem('LINK_FAILED', `${asked}: ${failure.failed}`);
}

/** The problem of a run of `ip` that sets a value; `null` on success. */
export function problemOfRun(run: Run, refused: ProblemCode, asked: string): Problem | null {
  if (run.kind === 'missing') return missing(asked);
  if (run.kind === 'failed') return new Problem('LINK_FAILED', `${asked}: ${run.detail}`);
  return run.exitCode === 0 ? null : new Problem(refused, `${asked}: ${saidOf(run)}`);
}

function missing(asked: string): Problem {
  return new Problem('PROGRAM_MISSING', `${asked}: ${IP} is not installed`);
}
