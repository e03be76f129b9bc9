import { EXIT, PortalGunError } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { readAftermath } from '../../../operations/recovery/aftermath.ts';
import { type EndedChanges, endChanges } from '../../../operations/recovery/end-changes.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { renderProgress } from '../../../render/change/apply-text.ts';
import { recoverDocument } from '../../../render/change/recover-documents.ts';
import { renderEnded, renderLeftBound, renderMissing } from '../../../render/change/recovery-text.ts';
import { formatDocument } from '../../../render/documents.ts';
import { exitOf } from '../../apply-shown.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { noteLines, type ReadingValues, sessionOf } from '../../reading-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface RecoverValues extends Pick<ReadingValues, 'json'> {
  readonly finish: boolean;
  readonly restore: boolean;
  readonly unconfirmed: string | undefined;
}

/**
 * `pci recover`: ends changes that were interrupted or not confirmed, and restores persisted settings or reports the
 * missing ones.
 */
export async function runRecover(
  args: RecoverValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const isWatchdog = args.unconfirmed !== undefined;
  if (args.restore && isWatchdog) {
    throw new PortalGunError('BAD_ARGUMENT', 'cannot be used with --unconfirmed', { subject: '--restore' });
  }
  const session = sessionOf({}, ports);
  const { exitCode, ended } = await end(session, args, terminal, dialogue);
  const restored = args.restore ? await restore(session, terminal, dialogue) : EXIT.ok;
  const { recovery, changes } = ended;
  const { missing, leftBound, notes } = await readAftermath(session, changes, !isWatchdog);
  dialogue.say(noteLines(notes));
  const text =
    (changes.length === 0 && !isWatchdog ? 'No interrupted changes: nothing to recover.\n' : '') +
    renderLeftBound(leftBound ?? []) +
    renderMissing(missing ?? [], args.restore);
  return {
    exitCode: Math.max(exitCode, restored),
    stdout: args.json ? formatDocument(recoverDocument(recovery, changes, missing, leftBound)) : text,
    stderr: '',
  };
}

/** Ends each remaining change. */
async function end(
  session: HostSession,
  args: RecoverValues,
  { style }: Terminal,
  dialogue: Dialogue,
): Promise<{ readonly exitCode: number; readonly ended: EndedChanges }> {
  const meant = args.finish ? 'done' : 'undone';
  let exitCode: number = EXIT.ok;
  let interruption: { readonly signal: Parameters<typeof exitOf>[1] } | null = null;
  const ended = await endChanges(session, args, {
    guard: (run) =>
      dialogue.guard((given) => {
        interruption = given;
        return run(given);
      }),
    onStep: ({ plan }, index, state, problem) =>
      dialogue.say(renderProgress(plan.steps[index]?.words ?? '', state, problem, style)),
    onEnded(change) {
      const { report } = change;
      if (report.outcome === meant) dialogue.say(renderEnded(change));
      else exitCode = Math.max(exitCode, exitOf(report, interruption?.signal ?? null, dialogue, style));
    },
  });
  return { exitCode, ended };
}

async function restore(session: HostSession, { style }: Terminal, dialogue: Dialogue): Promise<number> {
  const { restoreAll } = await import('./restore-all.ts');
  return restoreAll(session, style, dialogue);
}
