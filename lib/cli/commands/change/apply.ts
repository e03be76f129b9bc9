import { EXIT, PortalGunError } from '../../../base/errors.ts';
import { escapeControls } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import type { HostProposal } from '../../../operations/change/host-proposal.ts';
import {
  type PolicySubject,
  proposePolicy,
  readPolicyFile,
} from '../../../operations/policy/propose-policy.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import type { PolicyDevice } from '../../../plan/policy/policy.ts';
import { renderPersistence } from '../../../render/change/persistence-text.ts';
import { persistenceDetails, rebindingDetails, vfsDetails } from '../../../render/change/plan-document.ts';
import { policyDocument } from '../../../render/change/policy-document.ts';
import { renderRebinding } from '../../../render/change/rebinding-text.ts';
import { formatDocument } from '../../../render/documents.ts';
import { renderVfs } from '../../../render/sriov/vfs-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { proposalRemarks, type ReadingValues, sessionOf } from '../../reading-options.ts';
import { type CarriedOut, carryOut, type PreparedProposal } from '../../run-proposal.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface ApplyValues extends ChangingValues, ReadingValues {
  readonly policy: string | undefined;
  readonly file: string | undefined;
  readonly check: boolean;
}

/**
 * `pci apply`: applies a policy. Entries for VFs that do not exist yet are made in a second plan, after the VFs are
 * created.
 */
export async function runApply(
  args: ApplyValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const { check: isCheck, allow } = args;
  const path = pathOf(args);
  if (isCheck && args.script) {
    throw new PortalGunError('BAD_ARGUMENT', 'cannot be used with --script', { subject: '--check' });
  }
  const session = sessionOf(args, ports);
  const policy = await readPolicyFile(session, path);
  const choices = isCheck ? { ...args, dryRun: true } : args;
  const first = await proposePolicy(session, { policy, allow });
  const isDifferent = first.plan.steps.length > 0 || first.subject.postponed.length > 0;
  const rounds: CarriedOut[] = [await carryOut(prepared(session, first, args), choices, terminal, dialogue)];
  let left = first.subject.postponed;
  if (left.length > 0 && isThrough(rounds[0])) {
    const second = await proposePolicy(session, { policy, allow });
    rounds.push(await carryOut(prepared(session, second, args), choices, terminal, dialogue));
    left = second.subject.postponed;
  }
  const stderr = rounds.at(-1)?.remarks ?? '';
  const exitCode = rounds.find((round) => round.exitCode !== EXIT.ok)?.exitCode ?? EXIT.ok;
  const text = rounds.map((round) => round.text).join('');
  const wantsDocument = args.json && !args.script;
  return {
    exitCode: isCheck ? (isDifferent ? EXIT.findings : EXIT.ok) : exitCode,
    stdout: wantsDocument
      ? formatDocument(
          policyDocument(
            policy.name,
            isDifferent,
            rounds.map(({ document }) => document),
            left,
          ),
        )
      : text,
    stderr: stderr + left.map(postponedRemark).join(''),
  };
}

function pathOf({ policy, file }: ApplyValues): string {
  if (policy !== undefined && file !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', 'cannot be used with a policy as argument', {
      subject: '--file',
    });
  }
  const path = policy ?? file;
  if (path !== undefined) return path;
  throw new PortalGunError('BAD_ARGUMENT', 'missing argument: <policy>', { hint: 'see pci apply --help' });
}

/** Whether a plan is done, and needs no confirmation. */
function isThrough(round: CarriedOut | undefined): boolean {
  return round?.report?.outcome === 'done' && !round.report.awaitsConfirmation;
}

function postponedRemark({ at, selector }: PolicyDevice): string {
  return `pci: ${at} (${escapeControls(selector.text)}): the device is looked up after the VFs are created\n`;
}

function prepared(
  session: HostSession,
  proposal: HostProposal<PolicySubject>,
  args: ApplyValues,
): PreparedProposal {
  const { name, pfs, rebinding, persistence } = proposal.subject;
  return {
    session,
    proposal,
    overview: (width) =>
      pfs
        .filter(({ plan }) => plan.steps.length > 0)
        .map((pf) => renderVfs(pf, width))
        .join('') +
      renderRebinding(rebinding, width, 'the policy requires it') +
      renderPersistence(persistence, width),
    details: {
      ...rebindingDetails(rebinding),
      ...vfsDetails(pfs),
      persistence: persistenceDetails(persistence),
    },
    remarks: proposalRemarks(args, session, proposal),
    nothingToDo: `The host matches ${escapeControls(name)}.\nNothing to do.\n`,
  };
}
