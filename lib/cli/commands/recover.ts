import type { ChangeableHost } from '../../apply/changeable-host.ts';
import { readJournals } from '../../apply/journal.ts';
import type { LeftJournal } from '../../apply/journal-parser.ts';
import { type Recovery, recover } from '../../apply/recover.ts';
import { standingOf } from '../../apply/standing.ts';
import { untilOverdue } from '../../apply/until-overdue.ts';
import { stopWatchdog } from '../../apply/watchdog.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import { lockHost } from '../../host/host-lock.ts';
import { pause } from '../../host/this-process.ts';
import { renderProgress } from '../../render/apply-text.ts';
import { formatDocument } from '../../render/documents.ts';
import { type RecoveredChange, recoverDocument } from '../../render/recover-documents.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import { changeableHost, demandRoot, settled } from '../changing.ts';
import { type Arguments, type CommandResult, stringOf, switchOf } from '../command.ts';
import { bootTimeOf } from '../confirmation.ts';
import type { Dialogue } from '../dialogue.ts';
import type { Terminal } from '../terminal.ts';

/** `pci recover`: ends what was cut short, or was not confirmed. */
export async function runRecover(
  args: Arguments,
  { style }: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const recovery = recoveryOf(args);
  demandRoot();
  const host = changeableHost();
  const unconfirmed = stringOf(args, 'unconfirmed');
  const release = unconfirmed === undefined ? await lockHost() : await overdueLock(host, unconfirmed);
  const isMeant = ({ id }: LeftJournal): boolean => unconfirmed === undefined || id === unconfirmed;
  try {
    return await dialogue.guard(async (interruption) => {
      const journals = release === null ? [] : (await readJournals(host.files)).filter(isMeant);
      const bootId = readBootId(host.reader);
      const changes: RecoveredChange[] = [];
      let exitCode: number = EXIT.ok;
      for (const left of journals) {
        const report = await recover(left, host, bootId, recovery, {
          onStep: (index, state, problem) =>
            dialogue.say(renderProgress(left.plan.steps[index]?.words ?? '', state, problem, style)),
          signal: interruption,
        });
        changes.push({ left, report });
        if (report.outcome !== 'stuck' && unconfirmed === undefined) await stopWatchdog(host, left.id);
        const title = escapeControls(left.plan.title);
        const isAsMeant = report.outcome === (recovery === 'undo' ? 'undone' : 'done');
        if (isAsMeant) dialogue.say(`"${title}" is ${recovery === 'undo' ? 'undone' : 'finished'}.\n`);
        else exitCode = Math.max(exitCode, settled(report, interruption.signal, dialogue, style).exitCode);
      }
      const text = journals.length === 0 ? 'Nothing was cut short: there is nothing to recover.\n' : '';
      const wantsJson = switchOf(args, 'json') === true;
      const stdout = wantsJson ? formatDocument(recoverDocument(recovery, changes)) : text;
      return { exitCode, stdout, stderr: '' };
    });
  } finally {
    release?.();
    host.writer.close();
  }
}

/** @throws PortalGunError BAD_ARGUMENT where what nobody confirmed is to be finished */
function recoveryOf(args: Arguments): Recovery {
  if (switchOf(args, 'finish') !== true) return 'undo';
  if (stringOf(args, 'unconfirmed') === undefined) return 'finish';
  throw new PortalGunError('BAD_ARGUMENT', 'goes with undoing alone', {
    subject: '--unconfirmed',
    hint: 'leave out either it or --finish',
  });
}

/** Waits for a change as its watchdog: gives what lets go of the host's lock, `null` where nothing is to be undone. */
function overdueLock({ files, reader }: ChangeableHost, id: string): Promise<(() => void) | null> {
  return untilOverdue({
    async look() {
      const left = (await readJournals(files)).find((each) => each.id === id);
      return left === undefined ? null : standingOf(left, bootTimeOf(reader));
    },
    async lock() {
      try {
        return await lockHost();
      } catch (error) {
        if (error instanceof PortalGunError && error.code === 'HOST_LOCKED') return null;
        throw error;
      }
    },
    pause,
  });
}
