import { PortalGunError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import { type ChosenFixes, chooseFixes, fixesOf } from '../../checks/validation/fixes.ts';
import { reportOn, type ValidationReport } from '../../checks/validation/validation-report.ts';
import { type HostReader, isFailure } from '../../host/host-reader.ts';
import { type FixState, type FixStep, planFixes } from '../../plan/fixes/plan-fixes.ts';
import { planPersistence } from '../../plan/persistence/plan-persistence.ts';
import type { Step } from '../../plan/plan.ts';
import { isModuleLoaded } from '../../sysfs/device/driver-state.ts';
import { FIX_PATHS } from '../../sysfs/paths.ts';
import { readOwn, readPersistence } from '../binding/persistence.ts';
import { allowedOf } from '../change/allowed-names.ts';
import { type HostProposal, proposalOf } from '../change/host-proposal.ts';
import type { HostSession } from '../session/host-session.ts';
import { readValidation, type ValidateOptions } from './validate-host.ts';

/** Options of a fix: it fixes failed checks; if strict, also warnings. */
export interface FixOptions extends ValidateOptions {
  /** The names of accepted safety rules. */
  readonly allow?: readonly string[];
}

/** The subject of a proposal to fix a host. */
export interface FixSubject {
  readonly report: ValidationReport;
  /** The fixes of the plan, and the remaining tasks of the user. */
  readonly fixes: ChosenFixes;
  /** The steps of the plan, each with the fixes that need it. */
  readonly steps: readonly FixStep[];
}

/**
 * Proposes to fix failed checks of a host, if the fix is certain.
 *
 * @throws PortalGunError NOT_OURS, BAD_RECORD, CANNOT_PERSIST, and the errors of validating
 */
export async function proposeFixes(
  session: HostSession,
  options: FixOptions = {},
): Promise<HostProposal<FixSubject>> {
  const { validated, asked, inventory, notes, diagnostics } = await readValidation(session, options);
  const report = reportOn(validated, asked, null);
  const fixes = chooseFixes(report.results, options.strict ?? false, validated.facts);
  const steps = planFixes(fixesOf(fixes), stateOf(session, fixes));
  return proposalOf({
    plan: {
      title: titleOf(fixes),
      guards: [],
      steps: steps.map(({ words, change }) => ({ words, change })),
    },
    findings: [],
    allowed: allowedOf(options.allow ?? []),
    subject: { report, fixes, steps },
    inventory,
    notes,
    diagnostics,
    scriptObstacle: fixesOf(fixes).length > 0 && isUntold(session.host) ? UNTOLD : null,
  });
}

function titleOf({ chosen }: ChosenFixes): string {
  if (chosen.length === 0) return 'Fix nothing: no failed check has an automatic fix';
  return `Fix ${count(chosen.length, 'failed check')} on this host`;
}

function stateOf(session: HostSession, fixes: ChosenFixes): FixState {
  const { host } = session;
  const persists = fixesOf(fixes).some(({ kind }) => kind === 'persisted');
  return {
    textOf: (path) => readOwn(host, path),
    bootLoader: readOwn(host, FIX_PATHS.bootLoaderState)?.trim() ?? null,
    isLoaded: (module) => isModuleLoaded(host, module),
    persistence: persists ? persistenceSteps(session) : [],
  };
}

function persistenceSteps({ host, ports }: HostSession): readonly Step[] {
  const persistence = readPersistence(host, ports.user);
  return planPersistence(persistence, persistence);
}

/** Whether the host does not contain the files of portal-gun: a script would replace them, so they must be known. */
function isUntold(host: HostReader): boolean {
  return Object.values(FIX_PATHS).some((path) => {
    const reading = host.readText(path);
    return isFailure(reading) && reading.unknown === 'unread';
  });
}

const UNTOLD = new PortalGunError('BAD_ARGUMENT', 'the snapshot does not contain earlier fixes', {
  subject: '--script',
  hint: 'capture the host again, or run it on the host itself; --dry-run shows the plan',
});
