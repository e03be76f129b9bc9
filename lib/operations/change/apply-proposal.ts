import type { ApplyOptions } from '../../apply/application.ts';
import { applyPlan } from '../../apply/apply-plan.ts';
import type { ApplyReport } from '../../apply/apply-report.ts';
import type { ChangeableHost } from '../../apply/changeable-host.ts';
import { demandModules } from '../../apply/demand-modules.ts';
import { Journal, readJournals } from '../../apply/journal/journal.ts';
import { isOfGuests, journalInTheWay } from '../../apply/touched.ts';
import { PortalGunError } from '../../base/errors.ts';
import type { FileStore } from '../../host/file-store.ts';
import type { ClosableWriter } from '../../host/host-ports.ts';
import type { HostReader } from '../../host/host-reader.ts';
import { kindOf } from '../../plan/change-kinds.ts';
import type { Plan, Step } from '../../plan/plan.ts';
import { readBootId } from '../../sysfs/boot-id.ts';
import { guestsOf } from '../provision/open-guests.ts';
import type { HostSession } from '../session/host-session.ts';
import { demandNamedLibvirt } from '../session/libvirt-connection.ts';
import { applyToBeConfirmed, bootTimeOf, unfinishedError } from './confirmation.ts';
import { demandRoot } from './demand-root.ts';
import type { HostProposal } from './host-proposal.ts';
import { refuseWritableProgram } from './program-refusal.ts';
import { refuseUse } from './refusals.ts';

/** Options for applying a proposal. */
export interface ApplyProposalOptions extends Pick<ApplyOptions, 'onStep' | 'signal'> {
  /** Undo it unless it is confirmed within this time after the last step, in ms; `null` if it needs no confirmation. */
  readonly confirmWithinMs?: number | null;
}

/**
 * Applies a proposal to this machine, holding its lock. If the signal is aborted, the current step ends, and the rest
 * is undone.
 *
 * @throws PortalGunError DEVICE_IN_USE for refused findings; PERMISSION_DENIED for users other than root;
 * BAD_ARGUMENT for a captured host;
 *   NO_DRIVER, TOOL_MISSING, HOST_LOCKED, RECOVERY_NEEDED, WATCHDOG_FAILED, JOURNAL_FAILED, CANNOT_PERSIST,
 *   CANNOT_GUARD
 */
export async function applyProposal(
  session: HostSession,
  proposal: HostProposal,
  options: ApplyProposalOptions = {},
): Promise<ApplyReport> {
  const report = await applyWithLock(session, proposal, options);
  const { plan } = proposal;
  if (report.outcome === 'done' && plan.steps.some(({ change }) => change.kind === 'attachment')) {
    const { runDeviceEvents } = await import('../events/device-events.ts');
    await runDeviceEvents(session, plan, report);
  }
  return report;
}

async function applyWithLock(
  session: HostSession,
  proposal: HostProposal,
  { onStep, signal, confirmWithinMs = null }: ApplyProposalOptions,
): Promise<ApplyReport> {
  const { plan, allowed } = proposal;
  const { ports } = session;
  refuseWritableProgram(ports.user, plan, confirmWithinMs !== null && plan.steps.length > 0, allowed);
  refuseToChange(session, proposal);
  const host = await openForChange(session);
  // The devices of a captured host are checked in that host.
  const judged = session.isCaptured ? { ...host, reader: session.host } : host;
  try {
    await demandModules(plan, host);
    const release = await ports.lock();
    try {
      await refuseUnfinished(host, proposal.goesOnBeside ? plan : null);
      if (isOfGuests(plan)) await endSuperseded(host.files, plan);
      const occasion = { startedAt: ports.now(), bootId: readBootId(host.reader) };
      const options: ApplyOptions = {
        allowed,
        ...(onStep === undefined ? {} : { onStep }),
        ...(signal === undefined ? {} : { signal }),
      };
      return confirmWithinMs === null
        ? await applyPlan(plan, judged, occasion, options)
        : await applyToBeConfirmed(ports, host, occasion, confirmWithinMs, (confirmBy) =>
            applyPlan(plan, judged, occasion, { ...options, confirmBy }),
          );
    } finally {
      release();
    }
  } finally {
    host.writer.close();
  }
}

/** Opens the machine of a session for changes. Close the writer after the last one. */
export async function openForChange(
  session: HostSession,
): Promise<ChangeableHost & { readonly writer: ClosableWriter }> {
  const { reader, runner, openFiles, openWriter } = session.ports;
  const [writer, files] = await Promise.all([openWriter(), openFiles()]);
  return { reader, runner, writer, files, guests: guestsOf(session) };
}

/**
 * Refuses a proposal that cannot be applied, before a prompt.
 *
 * @throws PortalGunError BAD_ARGUMENT for a captured host, PERMISSION_DENIED, DEVICE_IN_USE
 */
export function refuseToChange(session: HostSession, { plan, refusals }: HostProposal): void {
  refuseCaptured(session, plan.steps);
  // A change that root cannot make either is not a matter of permission.
  if (!refusals.some(({ severity }) => severity !== 'unknown')) {
    demandRoot(session.ports, 'run it with sudo; --dry-run shows the plan without');
  }
  refuseUse(refusals);
}

/**
 * @param beside a plan that only a change of the same objects stops; `null` for one that any change stops
 * @throws PortalGunError RECOVERY_NEEDED if an earlier change was interrupted, or awaits confirmation; JOURNAL_FAILED
 */
export async function refuseUnfinished(
  { files, reader }: { readonly files: FileStore; readonly reader: HostReader },
  beside: Plan | null = null,
): Promise<void> {
  const journals = (await readJournals(files)).filter((each) => !isOfGuests(each.plan));
  const now = bootTimeOf(reader);
  const left = beside === null ? journals[0] : journalInTheWay(beside, journals, now.bootId);
  if (left !== undefined && left !== null) throw unfinishedError(left, now);
}

/** A guest is provisioned from its current state, so an interrupted provisioning of the same guest is of no more use. */
async function endSuperseded(files: FileStore, plan: Plan): Promise<void> {
  const wanted = guestNames(plan);
  for (const left of await readJournals(files)) {
    const isSuperseded = isOfGuests(left.plan) && guestNames(left.plan).some((each) => wanted.includes(each));
    if (isSuperseded) await Journal.reopen(files, left).end();
  }
}

function guestNames({ steps }: Plan): readonly string[] {
  return steps.flatMap(({ change }) =>
    change.kind === 'guest-file' || change.kind === 'guest-setting' ? [change.machine] : [],
  );
}

/** A captured host cannot be changed, but the VMs of its libvirt can. */
function refuseCaptured(session: HostSession, steps: readonly Step[]): void {
  if (!session.isCaptured || steps.length === 0) return;
  if (steps.every(({ change }) => kindOf(change).madeBy === 'libvirt')) {
    demandNamedLibvirt(session);
    return;
  }
  throw new PortalGunError('BAD_ARGUMENT', 'a snapshot cannot be changed', {
    subject: '--host',
    hint: 'use --dry-run or --script',
  });
}
