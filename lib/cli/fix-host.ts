import { EXIT, PortalGunError } from '../base/errors.ts';
import { count } from '../base/text.ts';
import { type ChosenFixes, chooseFixes, fixesOf } from '../checks/validation/fixes.ts';
import type { ValidationReport } from '../checks/validation/validation-report.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import { type HostReader, isFailure } from '../host/host-reader.ts';
import { livePorts } from '../host/live/live-ports.ts';
import { readOwn, readPersistence } from '../operations/binding/persistence.ts';
import { proposalOf } from '../operations/change/host-proposal.ts';
import { allowedOf } from '../operations/change/refusals.ts';
import type { Inventory } from '../pci/inventory.ts';
import { type FixState, planFixes } from '../plan/fixes/plan-fixes.ts';
import { planPersistence } from '../plan/persistence/plan-persistence.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { formatDocument } from '../render/documents.ts';
import { fixDetails } from '../render/validation/fixes-document.ts';
import { renderAfterFixes, renderFixes } from '../render/validation/fixes-text.ts';
import { isModuleLoaded } from '../sysfs/device/driver-state.ts';
import { FIX_PATHS } from '../sysfs/paths.ts';
import { type CommandResult, optionNamed } from './grammar/command.ts';
import type { ReadingValues } from './reading-options.ts';
import { sessionOf } from './reading-options.ts';
import { carryOut } from './run-proposal.ts';
import type { ChangingValues } from './tables/changing-options.ts';
import type { Dialogue } from './terminal/dialogue.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What `pci validate` is given, as far as it says what is fixed. */
interface FixValues extends Pick<ChangingValues, 'dryRun' | 'script' | 'yes' | 'allow'>, ReadingValues {
  readonly fix: boolean;
  readonly all: boolean;
  readonly format: string | undefined;
}

/** What is validated, with what came of it. */
export interface Validated {
  readonly host: HostReader;
  readonly facts: HostFacts;
  readonly inventory: Inventory;
  readonly report: ValidationReport;
  readonly isStrict: boolean;
  /** For standard error. */
  readonly remarks: string;
}

/** The options that say how a change is made, and mean nothing to who only looks. */
const OF_FIXING = ['dryRun', 'script', 'yes'] as const;

/**
 * Whether what does not hold is to be mended.
 *
 * @throws PortalGunError BAD_ARGUMENT for options that do not go together
 */
export function wantsFixes(args: FixValues): boolean {
  const isAsked = args.fix;
  if (!isAsked) {
    const idle = OF_FIXING.find((key) => args[key]);
    if (idle === undefined) return false;
    throw new PortalGunError('BAD_ARGUMENT', 'goes with --fix', { subject: optionNamed(idle) });
  }
  const format = args.format;
  if (format === 'junit') {
    throw new PortalGunError('BAD_ARGUMENT', `does not go with --format ${format}`, { subject: '--fix' });
  }
  if (!args.all) return true;
  throw new PortalGunError('BAD_ARGUMENT', 'does not go with --all', {
    subject: '--fix',
    hint: 'it shows what does not hold; pci validate --all shows every check',
  });
}

/**
 * Makes a plan for what does not hold and can be mended, and does with it what the options say. Exits with 1 where something
 * is left that does not hold and that nothing of the plan mends.
 *
 * @throws PortalGunError NOT_OURS, BAD_ARGUMENT, BAD_RECORD, CANNOT_PERSIST, and what `carryOut` throws
 */
export async function mendHost(
  validated: Validated,
  args: FixValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const { host, facts, inventory, report, isStrict } = validated;
  const fixes = chooseFixes(report.results, isStrict, facts);
  const isScript = args.script;
  const steps = planFixes(fixesOf(fixes), stateOf(host, fixes, isScript));
  const plan: Plan = {
    title: titleOf(fixes),
    guards: [],
    steps: steps.map(({ words, change }) => ({ words, change })),
  };
  const overview = (width: number | null) => renderFixes(fixes, steps, width);
  const carried = await carryOut(
    {
      session: sessionOf(args),
      proposal: proposalOf({
        plan,
        findings: [],
        allowed: allowedOf(args.allow),
        subject: null,
        inventory,
        diagnostics: [],
      }),
      overview,
      details: fixDetails(fixes, steps),
      remarks: validated.remarks,
      nothingToDo: `${overview(terminal.width)}${idleText(fixes)}`,
    },
    args,
    terminal,
    dialogue,
  );
  if (carried.report?.outcome === 'done') dialogue.say(renderAfterFixes(fixes, terminal.width));
  const wantsDocument = !isScript && (args.json || args.format === 'json');
  return {
    exitCode: carried.exitCode === EXIT.ok && fixes.manual.length > 0 ? EXIT.findings : carried.exitCode,
    stdout: wantsDocument ? formatDocument(carried.document) : carried.text,
    stderr: carried.remarks,
  };
}

function titleOf({ chosen }: ChosenFixes): string {
  if (chosen.length === 0) return 'Mend nothing: no check that counts here is for a plan';
  return `Mend what does not hold on this host: ${count(chosen.length, 'check')}`;
}

/** What is said where there is no step. */
function idleText({ chosen, manual }: ChosenFixes): string {
  if (chosen.length > 0) return '';
  return manual.length === 0
    ? 'All that counts holds. Nothing to do.\n'
    : 'Nothing of it is for pci to mend.\n';
}

function stateOf(host: HostReader, fixes: ChosenFixes, isScript: boolean): FixState {
  if (isScript && fixesOf(fixes).length > 0) demandFiles(host);
  const persists = fixesOf(fixes).some(({ kind }) => kind === 'persisted');
  return {
    textOf: (path) => readOwn(host, path),
    bootLoader: readOwn(host, FIX_PATHS.bootLoaderState)?.trim() ?? null,
    isLoaded: (module) => isModuleLoaded(host, module),
    persistence: persists ? persistenceSteps(host) : [],
  };
}

function persistenceSteps(host: HostReader): readonly Step[] {
  const persistence = readPersistence(host, livePorts().user);
  return planPersistence(persistence, persistence);
}

/**
 * A script replaces what is in files of ours, and so has to have seen them.
 *
 * @throws PortalGunError BAD_ARGUMENT
 */
function demandFiles(host: HostReader): void {
  const isUntold = Object.values(FIX_PATHS).some((path) => {
    const reading = host.readText(path);
    return isFailure(reading) && reading.unknown === 'unread';
  });
  if (!isUntold) return;
  throw new PortalGunError('BAD_ARGUMENT', 'the snapshot does not hold what was fixed before', {
    subject: '--script',
    hint: 'capture the host again, or have the script written on the host itself; --dry-run shows the plan',
  });
}
