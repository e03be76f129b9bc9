import type { ApplyOptions } from '../apply/application.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import type { ApplyReport } from '../apply/apply-report.ts';
import type { ChangeableHost } from '../apply/changeable-host.ts';
import { demandModules } from '../apply/demand-modules.ts';
import { readJournals } from '../apply/journal.ts';
import { journalInTheWay } from '../apply/touched.ts';
import { EXIT, PortalGunError } from '../base/errors.ts';
import { lockHost } from '../host/host-lock.ts';
import type { HostReader } from '../host/host-reader.ts';
import { LiveFiles } from '../host/live/live-files.ts';
import { LiveRunner } from '../host/live/live-runner.ts';
import { LiveWriter } from '../host/live/live-writer.ts';
import { openLiveHost } from '../host/open-host.ts';
import { isRoot, timeNow } from '../host/this-process.ts';
import type { Plan } from '../plan/plan.ts';
import { renderFailure, renderProgress } from '../render/change/apply-text.ts';
import type { Style } from '../render/layout/style.ts';
import { readBootId } from '../sysfs/boot-id.ts';
import { applyToBeConfirmed, bootTimeOf, unfinishedError } from './confirmation.ts';
import type { Dialogue, EndingSignal } from './terminal/dialogue.ts';

/** The exit status of a program that was ended by a signal. */
export const SIGNAL_EXITS: Readonly<Record<EndingSignal, number>> = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.terminated,
};

/** What came of applying a plan, as a program says it. */
export interface Applied {
  readonly report: ApplyReport;
  readonly exitCode: number;
}

/** This machine, to be changed. */
export function changeableHost(): ChangeableHost & { readonly writer: LiveWriter } {
  return {
    reader: openLiveHost(),
    writer: new LiveWriter(''),
    runner: new LiveRunner(),
    files: new LiveFiles(''),
  };
}

/**
 * @param hint what somebody else can do
 * @throws PortalGunError PERMISSION_DENIED for whoever is not root
 */
export function demandRoot(hint = 'run it with sudo'): void {
  if (isRoot()) return;
  throw new PortalGunError('PERMISSION_DENIED', 'changing the host is for root', { hint });
}

/**
 * Asks whether a plan is to be applied, unless `--yes` says so.
 *
 * @throws PortalGunError BAD_ARGUMENT where nobody can answer
 */
export async function isConfirmed(dialogue: Dialogue, yes: boolean, question: string): Promise<boolean> {
  if (yes) return true;
  const answer = await dialogue.confirm(question);
  if (answer !== null) return answer;
  throw new PortalGunError('BAD_ARGUMENT', 'nobody is there to confirm it', {
    subject: '--yes',
    hint: 'give --yes to do it without asking, or --dry-run to see what it would do',
  });
}

interface ApplyingOptions {
  /** Whether a change that was cut short stops it only if both change the same. */
  readonly goesOnBeside?: boolean;
  /** The captured host that was planned for, whose devices are judged; `null` for this machine. */
  readonly captured?: HostReader | null;
}

/**
 * Applies a plan to this machine, holding its lock; progress goes to standard error as it is made. A signal lets the step
 * that is on its way end, and undoes the rest. `allowed` are the names of safety rules that are lifted; `confirmWithinMs` is how long there is to confirm it, `null` where it needs no confirmation.
 *
 * @throws PortalGunError NO_DRIVER, TOOL_MISSING, HOST_LOCKED, RECOVERY_NEEDED, WATCHDOG_FAILED, JOURNAL_FAILED
 */
export async function applyHere(
  plan: Plan,
  dialogue: Dialogue,
  style: Style,
  allowed: ReadonlySet<string>,
  confirmWithinMs: number | null,
  { goesOnBeside = false, captured = null }: ApplyingOptions = {},
): Promise<Applied> {
  const host = changeableHost();
  const judged = captured === null ? host : { ...host, reader: captured };
  await demandModules(plan, host);
  const release = await lockHost();
  try {
    return await dialogue.guard(async (interruption) => {
      await refuseUnfinished(host, goesOnBeside ? plan : null);
      const occasion = { startedAt: timeNow(), bootId: readBootId(host.reader) };
      const options: ApplyOptions = {
        allowed,
        onStep: (index, state, problem) =>
          dialogue.say(renderProgress(plan.steps[index]?.words ?? '', state, problem, style)),
        signal: interruption,
      };
      const report =
        confirmWithinMs === null
          ? await applyPlan(plan, judged, occasion, options)
          : await applyToBeConfirmed(host, occasion, confirmWithinMs, (confirmBy) =>
              applyPlan(plan, judged, occasion, { ...options, confirmBy }),
            );
      return exitOf(report, interruption.signal, dialogue, style);
    });
  } finally {
    release();
    host.writer.close();
  }
}

/**
 * @param beside a plan that only a change of the same stops; `null` for one that any stops
 * @throws PortalGunError RECOVERY_NEEDED where an earlier change was cut short, or awaits confirmation; JOURNAL_FAILED
 */
export async function refuseUnfinished(
  { files, reader }: Pick<ChangeableHost, 'files' | 'reader'>,
  beside: Plan | null = null,
): Promise<void> {
  const journals = await readJournals(files);
  const now = bootTimeOf(reader);
  const left = beside === null ? journals[0] : journalInTheWay(beside, journals, now.bootId);
  if (left !== undefined && left !== null) throw unfinishedError(left, now);
}

/** What a report comes to; why it did not go through is said on standard error. */
export function exitOf(
  report: ApplyReport,
  signal: EndingSignal | null,
  dialogue: Dialogue,
  style: Style,
): Applied {
  if (report.outcome === 'done') return { report, exitCode: EXIT.ok };
  dialogue.say(renderFailure(report, style));
  const stopped = report.interrupted && report.outcome === 'undone' && signal !== null;
  return { report, exitCode: stopped ? SIGNAL_EXITS[signal] : EXIT.partial };
}
