import type { ApplyReport } from '../apply/apply-report.ts';
import { EXIT, PortalGunError } from '../base/errors.ts';
import { VERSION } from '../base/version.ts';
import type { PlanDetails, PlanDocument } from '../documents/changes/plan.ts';
import type { HostProposal } from '../operations/change/host-proposal.ts';
import { refuseWritableProgram } from '../operations/change/program-refusal.ts';
import { refuseUse } from '../operations/change/refusals.ts';
import type { HostSession } from '../operations/session/host-session.ts';
import { demandNamedLibvirt } from '../operations/session/libvirt-connection.ts';
import { renderAwaiting, renderConfirmationAdvice } from '../render/change/confirmation-text.ts';
import { planDocument } from '../render/change/plan-document.ts';
import { renderProposal } from '../render/change/plan-text.ts';
import { formatDocument } from '../render/documents.ts';
import { confirmWithinOf } from './confirm-within.ts';
import type { CommandResult } from './grammar/command.ts';
import type { ReadingValues } from './reading-options.ts';
import type { ChangingValues } from './tables/changing-options.ts';
import type { Dialogue } from './terminal/dialogue.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The values that decide what happens to a proposal. */
export type ProposalValues = Pick<ChangingValues, 'dryRun' | 'script' | 'yes'> &
  Partial<Pick<ChangingValues, 'confirmWithin'>> &
  Pick<ReadingValues, 'json'>;

/** A proposal in the form of a command. */
export interface PreparedProposal {
  readonly session: HostSession;
  readonly proposal: HostProposal;
  /** The affected objects, as text of whole lines that fit a width. */
  readonly overview: (width: number | null) => string;
  /** The same for its document. */
  readonly details: PlanDetails;
  /** The text for stderr. */
  readonly remarks: string;
  /** The text if the plan has no step. */
  readonly nothingToDo: string;
  /** Whether it is applied without a prompt if there is no terminal: it takes nothing from any program. */
  readonly goesUnasked?: boolean;
}

/** The result of a proposal. */
export interface CarriedOut {
  readonly exitCode: number;
  /** The text for stdout, unless a document is requested. */
  readonly text: string;
  readonly document: PlanDocument;
  /** The report of the plan; `null` if it was not applied. */
  readonly report: ApplyReport | null;
  /** The remarks that remain to be printed: before a prompt they are printed first. */
  readonly remarks: string;
}

/**
 * Refuses a change to the VMs of a captured host, before any reading, unless it is only shown.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
export function refuseUnplaced(
  session: HostSession,
  { dryRun, script }: Pick<ChangingValues, 'dryRun' | 'script'>,
): void {
  if (!dryRun && !script) demandNamedLibvirt(session);
}

/** Runs a proposal, and prints the result as the options require. */
export async function runProposal(
  prepared: PreparedProposal,
  args: ProposalValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  return printed(await carryOut(prepared, args, terminal, dialogue), args);
}

/** The result of a proposal as the options require: its document, or its text. */
export function printed(
  { exitCode, text, document, remarks }: CarriedOut,
  { json, script }: Pick<ProposalValues, 'json' | 'script'>,
): CommandResult {
  return { exitCode, stdout: json && !script ? formatDocument(document) : text, stderr: remarks };
}

/**
 * Handles a proposal as the options require: writes it as a script, shows it, or shows it, asks, and applies it.
 *
 * @throws PortalGunError BAD_ARGUMENT, and what `applyShown` throws
 */
export async function carryOut(
  prepared: PreparedProposal,
  args: ProposalValues,
  { width, style }: Terminal,
  dialogue: Dialogue,
): Promise<CarriedOut> {
  const { session, proposal, overview, details, nothingToDo } = prepared;
  const { plan, findings, allowed, refusals } = proposal;
  let { remarks } = prepared;
  const confirmWithinMs = confirmWithinOf(args);
  // An unknown finding does not prevent showing the plan.
  const isRefused = refusals.some(({ severity }) => severity !== 'unknown');
  const result = (exitCode: number, text: string, report: ApplyReport | null = null): CarriedOut => ({
    exitCode,
    text,
    document: planDocument(proposal, details, report),
    report,
    remarks,
  });

  if (args.script && proposal.scriptObstacle !== null) throw proposal.scriptObstacle;
  refuseWritableProgram(session.ports.user, plan, confirmWithinMs !== null && plan.steps.length > 0, allowed);
  if (args.script) {
    // The user of a script does not see unknown findings.
    refuseUse(refusals);
    // Only scripts need the commands for each kind of change.
    const { formatScript } = await import('../plan/script/script.ts');
    return result(EXIT.ok, formatScript(plan, VERSION, { findings, allowed }));
  }
  if (plan.steps.length === 0) return result(EXIT.ok, nothingToDo);
  const shown =
    renderProposal(proposal, overview(width), width, style) +
    (proposal.changesOnlyMachines ? '' : renderConfirmationAdvice(proposal, confirmWithinMs));
  if (args.dryRun) return result(isRefused ? EXIT.refused : EXIT.ok, shown);

  dialogue.say(remarks + shown);
  remarks = '';
  // Whoever only looks does not wait for what carries changes out.
  const [{ refuseToChange }, { applyShown }] = await Promise.all([
    import('../operations/change/apply-proposal.ts'),
    import('./apply-shown.ts'),
  ]);
  refuseToChange(session, proposal);
  const goes = args.yes || (prepared.goesUnasked === true && !dialogue.canAsk);
  if (!(await isConfirmed(dialogue, goes, 'Apply?'))) {
    dialogue.say('Nothing was changed.\n');
    return result(EXIT.findings, '');
  }
  const { report, exitCode } = await applyShown(session, proposal, { confirmWithinMs }, style, dialogue);
  if (report.awaitsConfirmation && confirmWithinMs !== null) dialogue.say(renderAwaiting(confirmWithinMs));
  return result(exitCode, '', report);
}

/**
 * Asks whether to apply a plan, unless `--yes` is given.
 *
 * @throws PortalGunError BAD_ARGUMENT if there is no terminal
 */
async function isConfirmed(dialogue: Dialogue, yes: boolean, question: string): Promise<boolean> {
  if (yes) return true;
  const answer = await dialogue.confirm(question);
  if (answer !== null) return answer;
  throw new PortalGunError('BAD_ARGUMENT', 'cannot ask for confirmation: stdin is not a terminal', {
    subject: '--yes',
    hint: 'use --yes to skip the question, or --dry-run to show the plan',
  });
}
