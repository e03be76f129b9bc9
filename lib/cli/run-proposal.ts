import type { ApplyReport } from '../apply/apply-report.ts';
import { EXIT, PortalGunError } from '../base/errors.ts';
import { VERSION } from '../base/version.ts';
import { refusalsAmong } from '../checks/finding.ts';
import type { PlanDetails, PlanDocument } from '../documents/changes/plan.ts';
import type { Inventory } from '../pci/inventory.ts';
import type { Step } from '../plan/plan.ts';
import type { Proposal } from '../plan/proposal.ts';
import { renderAwaiting, renderConfirmationAdvice } from '../render/change/confirmation-text.ts';
import { planDocument } from '../render/change/plan-document.ts';
import { renderProposal } from '../render/change/plan-text.ts';
import { formatDocument } from '../render/documents.ts';
import { applyHere, demandRoot, isConfirmed } from './changing.ts';
import { confirmWithinOf } from './confirm-within.ts';
import type { CommandResult } from './grammar/command.ts';
import { refuseWritableProgram } from './program-refusal.ts';
import type { ReadingValues } from './reading-options.ts';
import { hostOf } from './reading-options.ts';
import { refuseUse } from './safety.ts';
import type { ChangingValues } from './tables/changing-options.ts';
import type { Dialogue } from './terminal/dialogue.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What says what becomes of a proposal. */
type ProposalValues = Pick<ChangingValues, 'dryRun' | 'script' | 'yes'> &
  Partial<Pick<ChangingValues, 'confirmWithin'>> &
  Pick<ReadingValues, 'json'> &
  Partial<Pick<ReadingValues, 'host'>>;

/** A proposal, with what a command says besides. */
export interface PreparedProposal {
  readonly proposal: Proposal;
  /** Whom it touches, as text of whole lines that fit a width. */
  readonly overview: (width: number | null) => string;
  /** The same for its document. */
  readonly details: PlanDetails;
  readonly inventory: Inventory;
  /** For standard error. */
  readonly remarks: string;
  /** What is said where the plan has no step. */
  readonly nothingToDo: string;
  /** Whether it changes machines of a libvirt alone: then a captured host can stand for the one that they run on. */
  readonly changesMachinesAlone?: boolean;
  /** Whether it is made without a question if nobody can answer one: what it changes takes nothing from anybody. */
  readonly goesUnasked?: boolean;
  /** Whether it restores what is persisted, and so goes on beside a change that was cut short and changes none of the same. */
  readonly goesOnBeside?: boolean;
}

/** What came of a proposal. */
export interface CarriedOut {
  readonly exitCode: number;
  /** For standard output, where no document is wanted. */
  readonly text: string;
  readonly document: PlanDocument;
  /** What came of applying it; `null` where it was not. */
  readonly report: ApplyReport | null;
  /** What of the remarks is left to be said: who is asked reads them with the plan. */
  readonly remarks: string;
}

/** Carries a proposal out, and prints what came of it as the options say. */
export async function runProposal(
  prepared: PreparedProposal,
  args: ProposalValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const { exitCode, text, document, remarks } = await carryOut(prepared, args, terminal, dialogue);
  const wantsDocument = args.json && !args.script;
  return { exitCode, stdout: wantsDocument ? formatDocument(document) : text, stderr: remarks };
}

/**
 * Does with a proposal what the options say: writes it as a script, shows it, or shows it, asks, and applies it to this
 * machine.
 *
 * @throws PortalGunError DEVICE_IN_USE, PERMISSION_DENIED, BAD_ARGUMENT, and what `applyHere` throws
 */
export async function carryOut(
  prepared: PreparedProposal,
  args: ProposalValues,
  { width, style }: Terminal,
  dialogue: Dialogue,
): Promise<CarriedOut> {
  const { proposal, overview, details, inventory, nothingToDo, changesMachinesAlone = false } = prepared;
  const { plan, findings, allowed } = proposal;
  let { remarks } = prepared;
  const confirmWithinMs = confirmWithinOf(args);
  const refusals = refusalsAmong(findings, allowed);
  // What could not be read stops nobody from looking.
  const isRefused = refusals.some(({ severity }) => severity !== 'unknown');
  const result = (exitCode: number, text: string, report: ApplyReport | null = null): CarriedOut => ({
    exitCode,
    text,
    document: planDocument(inventory, proposal, details, report),
    report,
    remarks,
  });

  const isWatched = confirmWithinMs !== null && plan.steps.length > 0;
  refuseWritableProgram(plan, isWatched, allowed);
  if (args.script) {
    // Whoever runs it does not see what could not be told.
    refuseUse(refusals);
    // It knows how each kind of change is typed, which nobody else needs.
    const { formatScript } = await import('../plan/script/script.ts');
    return result(EXIT.ok, formatScript(plan, VERSION, { findings, allowed }));
  }
  if (plan.steps.length === 0) return result(EXIT.ok, nothingToDo);
  const shown =
    renderProposal(proposal, overview(width), width, style) +
    (changesMachinesAlone ? '' : renderConfirmationAdvice(proposal, confirmWithinMs));
  if (args.dryRun) return result(isRefused ? EXIT.refused : EXIT.ok, shown);

  dialogue.say(remarks + shown);
  remarks = '';
  refuseCaptured(args, plan.steps);
  // What root is refused as well is no matter of permission.
  if (!isRefused) demandRoot('run it with sudo; --dry-run shows the plan without');
  refuseUse(refusals);
  const goes = args.yes || (prepared.goesUnasked === true && !dialogue.canAsk);
  if (!(await isConfirmed(dialogue, goes, 'Apply?'))) {
    dialogue.say('Nothing was changed.\n');
    return result(EXIT.findings, '');
  }
  const { report, exitCode } = await applyHere(plan, dialogue, style, allowed, confirmWithinMs, {
    goesOnBeside: prepared.goesOnBeside === true,
    captured: args.host === undefined ? null : hostOf(args),
  });
  if (report.awaitsConfirmation && confirmWithinMs !== null) dialogue.say(renderAwaiting(confirmWithinMs));
  return result(exitCode, '', report);
}

/** Kinds of change that a libvirt makes; all others are made on the machine that this program runs on. */
const BY_LIBVIRT: readonly string[] = ['assignment', 'attachment'];

/** A captured host is no machine that could be changed; machines of the libvirt that goes with it can be. */
function refuseCaptured(args: ProposalValues, steps: readonly Step[]): void {
  if (args.host === undefined) return;
  if (steps.every(({ change }) => BY_LIBVIRT.includes(change.kind))) return;
  throw new PortalGunError('BAD_ARGUMENT', 'a captured host can be planned for, and not changed', {
    subject: '--host',
    hint: 'add --dry-run or --script',
  });
}
