import { readJournals } from '../../apply/journal.ts';
import { recover } from '../../apply/recover.ts';
import { EXIT } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import { lockHost } from '../../host/host-lock.ts';
import { renderProgress } from '../../render/apply-text.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import { changeableHost, demandRoot, guardProblem, settled } from '../changing.ts';
import { type Arguments, type CommandResult, switchOf } from '../command.ts';
import type { Dialogue } from '../dialogue.ts';
import type { Terminal } from '../terminal.ts';

/** `pci recover`: ends what was cut short. */
export async function runRecover(
  args: Arguments,
  { style }: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  demandRoot();
  const host = changeableHost();
  const release = await lockHost();
  const recovery = switchOf(args, 'finish') === true ? 'finish' : 'undo';
  try {
    return await dialogue.guard(async (interruption) => {
      const journals = await readJournals(host.files);
      const bootId = readBootId(host.reader);
      let exitCode: number = EXIT.ok;
      for (const left of journals) {
        const report = await recover(left, host, bootId, recovery, {
          guard: (step) => guardProblem(left.plan, step, host),
          onStep: (index, state, problem) =>
            dialogue.say(renderProgress(left.plan.steps[index]?.words ?? '', state, problem, style)),
          signal: interruption,
        });
        const title = escapeControls(left.plan.title);
        const isAsMeant = report.outcome === (recovery === 'undo' ? 'undone' : 'done');
        if (isAsMeant) dialogue.say(`"${title}" is ${recovery === 'undo' ? 'undone' : 'finished'}.\n`);
        else exitCode = Math.max(exitCode, settled(report, interruption.signal, dialogue, style).exitCode);
      }
      const stdout = journals.length === 0 ? 'Nothing was cut short: there is nothing to recover.\n' : '';
      return { exitCode, stdout, stderr: '' };
    });
  } finally {
    release();
    host.writer.close();
  }
}
