import { type ErrorCode, PortalGunError } from '../../base/errors.ts';
import type { User } from '../../host/host-ports.ts';
import { SERVICE_PATH } from '../../plan/persistence/persistence-files.ts';
import { EVENT_HOOK_PATH, START_HOOK_PATH } from '../../plan/persistence/start-hook-paths.ts';
import type { Plan } from '../../plan/plan.ts';

/** The value of `--allow` for a program that users other than root can write. */
export const PROGRAM_WRITABLE = 'program-writable';

interface LaterRun {
  readonly code: ErrorCode;
  /** When root runs the program: a clause. */
  readonly when: string;
}

const LATER_RUNS: Readonly<Record<string, LaterRun>> = {
  [SERVICE_PATH]: { code: 'CANNOT_PERSIST', when: 'root would run it at each boot' },
  [START_HOOK_PATH]: { code: 'CANNOT_GUARD', when: 'root would run it at each start of a VM' },
  [EVENT_HOOK_PATH]: { code: 'CANNOT_GUARD', when: 'root would run it on events of VMs' },
};

const WATCHDOG: LaterRun = { code: 'WATCHDOG_FAILED', when: 'root would run it to undo the change' };

/**
 * Refuses a plan after which root runs this program later, if other users can change the program: such a user could
 * become root.
 *
 * @param isWatched whether a watchdog will undo it
 * @throws PortalGunError CANNOT_PERSIST, CANNOT_GUARD, WATCHDOG_FAILED
 */
export function refuseWritableProgram(
  user: User,
  { steps }: Plan,
  isWatched: boolean,
  allowed: ReadonlySet<string>,
): void {
  const written = steps.flatMap(({ change }) =>
    change.kind === 'file' && change.to !== null ? (LATER_RUNS[change.path] ?? []) : [],
  );
  const [run] = [...written, ...(isWatched ? [WATCHDOG] : [])];
  const words = user.programWords();
  if (run === undefined || words === null || allowed.has(PROGRAM_WRITABLE)) return;
  const problem = user.distrustOf(words);
  if (problem === null) return;
  throw new PortalGunError(run.code, `${problem.what}, and ${run.when} (${PROGRAM_WRITABLE})`, {
    subject: problem.path,
    hint: `install it where only root can write (run sudo npm install --global . in its folder) and use /usr/local/bin/pci or /usr/bin/pci; or accept the risk: --allow ${PROGRAM_WRITABLE}`,
  });
}
