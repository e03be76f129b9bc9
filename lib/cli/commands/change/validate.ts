import { EXIT, PortalGunError } from '../../../base/errors.ts';
import type { ChosenFixes } from '../../../checks/validation/fixes.ts';
import { PURPOSES } from '../../../checks/validation/validation-rule.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { proposeFixes } from '../../../operations/validation/propose-fixes.ts';
import {
  type ValidateOptions,
  type ValidationAnswer,
  validate,
} from '../../../operations/validation/validate-host.ts';
import { formatDocument } from '../../../render/documents.ts';
import { fixDetails } from '../../../render/validation/fixes-document.ts';
import { renderAfterFixes, renderFixes } from '../../../render/validation/fixes-text.ts';
import { validationDocument } from '../../../render/validation/validation-document.ts';
import { renderValidation } from '../../../render/validation/validation-text.ts';
import { type CommandResult, optionNamed } from '../../grammar/command.ts';
import { noteLines, type ReadingValues, remarks, sessionOf } from '../../reading-options.ts';
import { carryOut } from '../../run-proposal.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { LibvirtValues } from '../../tables/libvirt-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface ValidateValues
  extends Pick<ChangingValues, 'dryRun' | 'script' | 'yes' | 'allow'>,
    Pick<LibvirtValues, 'connect'>,
    ReadingValues {
  readonly devices: readonly string[];
  readonly for: readonly string[];
  readonly machine: string | undefined;
  readonly all: boolean;
  readonly strict: boolean;
  readonly format: Format | undefined;
  readonly fix: boolean;
}

type Format = 'text' | 'json' | 'junit';

/**
 * `pci validate`: checks whether a host supports the requested purposes; exit 1 if not. With `--fix`, fixes failed
 * checks.
 */
export async function runValidate(
  args: ValidateValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const format = formatOf(args);
  const mends = wantsFixes(args);
  const { devices, machine, strict } = args;
  const session = sessionOf(args, ports);
  const options = { devices, machine, strict, for: PURPOSES.filter((each) => args.for.includes(each)) };
  if (mends) return fix(session, options, format, args, terminal, dialogue);
  const answer = await validate(session, options);
  return {
    exitCode: answer.passed ? EXIT.ok : EXIT.findings,
    stdout: await textOf(answer, format, args, terminal),
    stderr: validationRemarks(session, answer, format, args),
  };
}

/** @throws PortalGunError BAD_ARGUMENT */
function formatOf(args: ValidateValues): Format {
  const format = args.format;
  if (!args.json) return format ?? 'text';
  if (format === undefined || format === 'json') return 'json';
  throw new PortalGunError('BAD_ARGUMENT', `cannot be used with --format ${format}`, { subject: '--json' });
}

/** The options for a change, which do not apply without `--fix`. */
const OF_FIXING = ['dryRun', 'script', 'yes'] as const;

/**
 * Whether failed checks are to be fixed.
 *
 * @throws PortalGunError BAD_ARGUMENT for incompatible options
 */
function wantsFixes(args: ValidateValues): boolean {
  if (!args.fix) {
    const idle = OF_FIXING.find((key) => args[key]);
    if (idle === undefined) return false;
    throw new PortalGunError('BAD_ARGUMENT', 'applies only with --fix', { subject: optionNamed(idle) });
  }
  const { format } = args;
  if (format === 'junit') {
    throw new PortalGunError('BAD_ARGUMENT', `cannot be used with --format ${format}`, { subject: '--fix' });
  }
  if (!args.all) return true;
  throw new PortalGunError('BAD_ARGUMENT', 'cannot be used with --all', {
    subject: '--fix',
    hint: '--fix shows only failed checks; to show all checks: pci validate --all',
  });
}

async function textOf(
  { report, inventory: { host }, diagnostics, recovery }: ValidationAnswer,
  format: Format,
  { strict, all }: ValidateValues,
  { width, style }: Terminal,
): Promise<string> {
  switch (format) {
    case 'json':
      return formatDocument(validationDocument(host, report, strict, diagnostics, recovery));
    case 'junit': {
      // Its package takes longer to load than reading a host, and is rarely used.
      const { formatJUnit } = await import('../../../render/validation/validation-junit.ts');
      return formatJUnit(host, report, strict);
    }
    case 'text':
      return renderValidation(report, all, width, style);
  }
}

/** For stderr; a document already contains the diagnostics. */
function validationRemarks(
  session: HostSession,
  { diagnostics, notes }: Pick<ValidationAnswer, 'diagnostics' | 'notes'>,
  format: Format,
  { verbose }: ValidateValues,
): string {
  const choices = { verbose, json: format !== 'text' };
  return remarks(choices, session.names, session.host, diagnostics) + noteLines(notes);
}

/**
 * Makes a plan for failed checks with a fix, and runs it as the options require. Exits with 1 if a failed check
 * remains.
 */
async function fix(
  session: HostSession,
  options: ValidateOptions,
  format: Format,
  args: ValidateValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const proposal = await proposeFixes(session, { ...options, allow: args.allow });
  const { fixes, steps } = proposal.subject;
  const overview = (width: number | null) => renderFixes(fixes, steps, width);
  const carried = await carryOut(
    {
      session,
      proposal,
      overview,
      details: fixDetails(fixes, steps),
      remarks: validationRemarks(session, proposal, format, args),
      nothingToDo: `${overview(terminal.width)}${idleText(fixes)}`,
    },
    args,
    terminal,
    dialogue,
  );
  if (carried.report?.outcome === 'done') dialogue.say(renderAfterFixes(fixes, terminal.width));
  return {
    exitCode: carried.exitCode === EXIT.ok && fixes.manual.length > 0 ? EXIT.findings : carried.exitCode,
    stdout: format === 'json' && !args.script ? formatDocument(carried.document) : carried.text,
    stderr: carried.remarks,
  };
}

/** The text if there is no step. */
function idleText({ chosen, manual }: ChosenFixes): string {
  if (chosen.length > 0) return '';
  return manual.length === 0
    ? 'All relevant checks passed. Nothing to do.\n'
    : 'pci cannot fix any of these.\n';
}
