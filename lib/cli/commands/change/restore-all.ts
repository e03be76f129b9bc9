import { EXIT, PortalGunError } from '../../../base/errors.ts';
import { count, escapeControls } from '../../../base/text.ts';
import { readBindings, readPersistedPfs } from '../../../operations/binding/persistence.ts';
import type { HostProposal } from '../../../operations/change/host-proposal.ts';
import type { LeftEntry } from '../../../operations/change/left-entry.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { renderDiagnostics, renderError } from '../../../render/error-text.ts';
import type { Style } from '../../../render/layout/style.ts';
import { noteLines } from '../../reading-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';

/** systemd-udevd may still load the drivers of new VFs. */
const SETTLE = ['settle', '--timeout=60'] as const;
const SETTLE_MS = 70_000;
const SHOWN_DIAGNOSTICS = 10;

type Restoration = HostProposal<{ readonly left: readonly LeftEntry[] }>;

/**
 * Restores all that is persisted, without a question: VFs first, since bindings may be of them. libvirt waits for it at each boot:
 * it loads and reads nothing for a record that is empty, and the rules only for devices that change.
 *
 * @returns the exit code: 1 if something is left
 */
export async function restoreAll(session: HostSession, style: Style, dialogue: Dialogue): Promise<number> {
  // Whatever comes of the VFs, the bindings are restored.
  let bug: unknown = null;
  const ofVfs = await restoreVfs(session, style, dialogue).catch((error: unknown) => {
    if (!(error instanceof PortalGunError)) {
      bug = error;
      return EXIT.internal;
    }
    dialogue.say(renderError('pci', error));
    return error.exitCode;
  });
  const ofBindings = await restoreBindings(session, style, dialogue);
  if (bug !== null) throw bug;
  return Math.max(ofVfs, ofBindings);
}

async function restoreVfs(session: HostSession, style: Style, dialogue: Dialogue): Promise<number> {
  const entries = readPersistedPfs(session.host);
  if (entries.length === 0) return EXIT.ok;
  const { proposeRestoreVfs } = await import('../../../operations/sriov/propose-restore-vfs.ts');
  const proposal = await proposeRestoreVfs(session);
  const exitCode = await carryOut(session, proposal, style, dialogue);
  if (proposal.plan.steps.length > 0) {
    await session.ports.runner.run('udevadm', SETTLE, { timeoutMs: SETTLE_MS });
  } else if (exitCode === EXIT.ok) {
    dialogue.say(`${count(entries.length, 'PF')} with persisted VFs, all in force.\n`);
  }
  return exitCode;
}

async function restoreBindings(session: HostSession, style: Style, dialogue: Dialogue): Promise<number> {
  const bindings = readBindings(session.host);
  if (bindings.length === 0) return EXIT.ok;
  const { proposeRestoreBindings } = await import('../../../operations/binding/propose-restore-bindings.ts');
  const proposal = await proposeRestoreBindings(session);
  const exitCode = await carryOut(session, proposal, style, dialogue);
  if (proposal.plan.steps.length === 0 && exitCode === EXIT.ok) {
    dialogue.say('All persisted bindings are in force.\n');
  }
  return exitCode;
}

/** Prints what was found, and what is left; then applies the rest. */
async function carryOut(
  session: HostSession,
  proposal: Restoration,
  style: Style,
  dialogue: Dialogue,
): Promise<number> {
  const { plan, diagnostics, notes, subject } = proposal;
  dialogue.say(renderDiagnostics('pci', diagnostics, SHOWN_DIAGNOSTICS) + noteLines(notes));
  if (subject.left.length > 0) {
    const { leftText } = await import('../../../render/change/left-text.ts');
    dialogue.say(noteLines(subject.left.map(leftText)));
  }
  const unless = subject.left.length > 0 ? EXIT.findings : EXIT.ok;
  if (plan.steps.length === 0) return unless;
  dialogue.say(`${escapeControls(plan.title)}\n`);
  const { applyShown } = await import('../../apply-shown.ts');
  const { exitCode } = await applyShown(session, proposal, { confirmWithinMs: null }, style, dialogue);
  return exitCode === EXIT.ok ? unless : exitCode;
}
