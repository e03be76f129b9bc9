import type { ChangeableHost } from '../../apply/changeable-host.ts';
import { readJournals } from '../../apply/journal.ts';
import type { LeftJournal } from '../../apply/journal-parser.ts';
import { journalStatusOf } from '../../apply/journal-status.ts';
import { type Recovery, recover } from '../../apply/recover.ts';
import { untilOverdue } from '../../apply/until-overdue.ts';
import { stopWatchdog } from '../../apply/watchdog.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import { demandRoot, openForChange } from '../../operations/change/apply-proposal.ts';
import { bootTimeOf } from '../../operations/change/confirmation.ts';
import type { BoundUntilReboot } from '../../plan/binding/bound-until-reboot.ts';
import { renderProgress } from '../../render/change/apply-text.ts';
import { type RecoveredChange, recoverDocument } from '../../render/change/recover-documents.ts';
import { formatDocument } from '../../render/documents.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import type { CommandResult } from '../grammar/command.ts';
import { readLeftBound } from '../left-bound.ts';
import { type Missing, readMissing } from '../missing-now.ts';
import type { PersistedValues } from '../persisted-host.ts';
import type { ReadingValues } from '../reading-options.ts';
import { exitOf } from '../run-proposal.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** All that is persisted, without a question. */
const UNASKED: PersistedValues = {
  ...{ host: undefined, pciIds: undefined, json: false, verbose: false, color: undefined },
  ...{ check: false, forget: [] },
  ...{ yes: true, dryRun: false, script: false, allow: [], confirmWithin: undefined },
};

interface RecoverValues extends Pick<ReadingValues, 'json'> {
  readonly finish: boolean;
  readonly restore: boolean;
  readonly unconfirmed: string | undefined;
}

/** `pci recover`: ends what was cut short, or was not confirmed, and restores what is persisted or says what of it is missing. */
export async function runRecover(
  args: RecoverValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const recovery = recoveryOf(args);
  demandRoot(ports);
  const host = await openForChange(ports);
  const { exitCode, changes } = await endChanges(args, recovery, { host, ports }, terminal, dialogue);
  const exits = [exitCode];
  if (args.restore) {
    const [{ runSriovRestore }, { runBindings }] = await Promise.all([
      import('./sriov-restore.ts'),
      import('./bindings.ts'),
    ]);
    // Bindings may be of VFs, which have to be there first.
    for (const restore of [
      () => runSriovRestore(UNASKED, terminal, dialogue),
      () => runBindings({ ...UNASKED, restore: true }, terminal, dialogue),
    ]) {
      const { exitCode: exit, stdout, stderr } = await restore();
      dialogue.say(stderr + stdout);
      exits.push(exit);
    }
  }
  const isWatchdog = args.unconfirmed !== undefined;
  const missing = isWatchdog ? null : await orNone(() => readMissing(host.reader), dialogue);
  const undone = changes.flatMap(({ left, report }) => (report.outcome === 'done' ? [] : [left]));
  const leftBound = await orNone(
    async () => readLeftBound(host.reader, undone, readBootId(host.reader)),
    dialogue,
  );
  const text =
    (changes.length === 0 && !isWatchdog ? 'Nothing was cut short: there is nothing to recover.\n' : '') +
    renderLeftBound(leftBound ?? []) +
    renderMissing(missing ?? [], args.restore);
  return {
    exitCode: Math.max(...exits),
    stdout: args.json ? formatDocument(recoverDocument(recovery, changes, missing, leftBound)) : text,
    stderr: '',
  };
}

/** A damaged record keeps nobody from recovering. */
async function orNone<T>(read: () => Promise<T>, dialogue: Dialogue): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    dialogue.say(`pci: ${escapeControls(`${error.subject}: ${error.message}`)}\n`);
    return null;
  }
}

/** What stays on a VFIO driver though nothing binds it any more, and what gives it back. */
function renderLeftBound(leftBound: readonly BoundUntilReboot[]): string {
  if (leftBound.length === 0) return '';
  const rows = leftBound.map(
    ({ address, driver, command }) => `  ${address}  on ${escapeControls(driver)}  ${command}\n`,
  );
  return `Still on a VFIO driver until the next boot, though what bound it is undone; to give it back now:\n${rows.join('')}`;
}

/** What is persisted and not in force, and what puts it there. */
function renderMissing(missing: readonly Missing[], wasTried: boolean): string {
  if (missing.length === 0) return '';
  const rows = missing.map(
    ({ kind, address, state }) => `  ${address}  ${kind === 'vfs' ? 'VFs' : 'binding'}  ${state}\n`,
  );
  const advice = wasTried
    ? 'See why: pci sriov restore --dry-run; pci bindings --restore --dry-run\n'
    : 'Put it in force: pci recover --restore\n';
  return `Persisted, and not in force in this boot:\n${rows.join('')}${advice}`;
}

/** Ends each change that was left behind. */
async function endChanges(
  args: RecoverValues,
  recovery: Recovery,
  { host, ports }: { readonly host: Awaited<ReturnType<typeof openForChange>>; readonly ports: HostPorts },
  { style }: Terminal,
  dialogue: Dialogue,
): Promise<{ readonly exitCode: number; readonly changes: readonly RecoveredChange[] }> {
  const unconfirmed = args.unconfirmed;
  const release =
    unconfirmed === undefined ? await ports.lock() : await overdueLock(host, ports, unconfirmed);
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
        const heldBack = report.steps.filter(({ outcome }) => outcome === 'left');
        const but =
          heldBack.length === 0
            ? ''
            : `, except: ${heldBack.map(({ words }) => escapeControls(words)).join('; ')}`;
        if (isAsMeant) dialogue.say(`"${title}" is ${recovery === 'undo' ? 'undone' : 'finished'}${but}.\n`);
        else exitCode = Math.max(exitCode, exitOf(report, interruption.signal, dialogue, style));
      }
      return { exitCode, changes };
    });
  } finally {
    release?.();
    host.writer.close();
  }
}

/** @throws PortalGunError BAD_ARGUMENT where what nobody confirmed is to be finished, or more than that is asked */
function recoveryOf(args: RecoverValues): Recovery {
  if (args.restore && args.unconfirmed !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'does not go with --unconfirmed', { subject: '--restore' });
  }
  if (!args.finish) return 'undo';
  if (args.unconfirmed === undefined) return 'finish';
  throw new PortalGunError('BAD_ARGUMENT', 'goes with undoing alone', {
    subject: '--unconfirmed',
    hint: 'leave out either it or --finish',
  });
}

/** Waits for a change as its watchdog: gives what lets go of the host's lock, `null` where nothing is to be undone. */
function overdueLock(
  { files, reader }: ChangeableHost,
  ports: HostPorts,
  id: string,
): Promise<(() => void) | null> {
  return untilOverdue({
    async look() {
      const left = (await readJournals(files)).find((each) => each.id === id);
      return left === undefined ? null : journalStatusOf(left, bootTimeOf(reader));
    },
    async lock() {
      try {
        return await ports.lock();
      } catch (error) {
        if (error instanceof PortalGunError && error.code === 'HOST_LOCKED') return null;
        throw error;
      }
    },
    pause: ports.pause,
  });
}
