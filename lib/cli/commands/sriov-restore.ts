import { findLoss } from '../../apply/safety-reading.ts';
import { EXIT, PortalGunError } from '../../base/errors.ts';
import { count, escapeControls } from '../../base/text.ts';
import { type Finding, refusalsAmong } from '../../checks/finding.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import type { HostReader } from '../../host/host-reader.ts';
import { LiveRunner } from '../../host/live/live-runner.ts';
import type { Runner } from '../../host/runner.ts';
import { readPersistedPfs } from '../../operations/binding/persistence.ts';
import { proposalOf } from '../../operations/change/host-proposal.ts';
import {
  type PendingRecovery,
  pendingProblem,
  readPendingRecovery,
} from '../../operations/change/pending-recovery.ts';
import { allowedOf } from '../../operations/change/refusals.ts';
import { findPfs } from '../../operations/sriov/persisted-pfs.ts';
import { PF_FIELDS, readPfState } from '../../operations/sriov/pf-state.ts';
import type { PciAddress } from '../../pci/address.ts';
import { deviceAt } from '../../pci/device-at.ts';
import type { Inventory } from '../../pci/inventory.ts';
import { NO_NAMES } from '../../pci/pci-ids.ts';
import { goalOf, type PersistedPf, parseVfs, VFS_PATH } from '../../plan/sriov/persisted-vfs.ts';
import { planVfs, type VfsProposal } from '../../plan/sriov/plan-vfs.ts';
import { planRestoredVfs } from '../../plan/sriov/restore-vfs.ts';
import { BINDING_STATES } from '../../render/change/persistence-text.ts';
import { vfsDetails } from '../../render/change/plan-document.ts';
import { renderVfs } from '../../render/sriov/vfs-text.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import { forgetEntries, forgottenOf } from '../forget-entries.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { PersistedValues } from '../persisted-host.ts';
import { hostOf, namesOf, noteLines, remarks, sessionOf } from '../reading-options.ts';
import { runProposal } from '../run-proposal.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

/**
 * `pci sriov restore`: makes and sets the VFs that were written down, of each PF that is known for sure and whose VFs nobody
 * uses. The rest is said, and left; then the exit code is 1.
 */
export async function runSriovRestore(
  args: PersistedValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const checks = args.check;
  const forgets = forgottenOf(args).length > 0;
  if (checks && forgets) {
    throw new PortalGunError('BAD_ARGUMENT', 'does not go with --forget', { subject: '--check' });
  }
  const allowed = allowedOf(args.allow);
  const host = hostOf(args);
  const names = namesOf(args);
  const entries = readPersistedPfs(host);
  const inventory = readInventory(host, names, PF_FIELDS);
  const pending = await readPendingRecovery(sessionOf(args));
  const said = remarks(args, names, host, inventory.diagnostics) + noteLines(pending.notes);
  if (forgets) {
    const known = entries.map(({ address }) => address);
    return forgetEntries('pfs', known, { args, terminal, dialogue, host, inventory, remarks: said });
  }
  // What could not be read stops nobody from looking.
  const isLook = checks || args.dryRun;
  const stops = (lost: readonly PciAddress[]): Finding | undefined =>
    refusalsAmong(findingsOf(host, lost), allowed).find(({ severity }) => !isLook || severity !== 'unknown');
  const runner = args.host === undefined ? new LiveRunner() : null;
  const { proposals, left } = await proposeEach(host, runner, inventory, entries, stops, pending);
  const plan = planRestoredVfs(proposals);
  const changing = proposals.filter((proposal) => proposal.plan.steps.length > 0);
  const inForce =
    entries.length === 0
      ? 'No VFs outlive a boot: pci sriov set --persist makes some that do.\n'
      : `${count(entries.length, 'PF')} with persisted VFs, ${proposals.length - changing.length} in force.\n`;
  const lost = changing.flatMap((proposal) => proposal.lost);
  const result = await runProposal(
    {
      session: sessionOf(args),
      proposal: proposalOf({
        plan,
        findings: findingsOf(host, lost),
        allowed,
        subject: null,
        inventory,
        diagnostics: [],
        goesOnBeside: true,
      }),
      overview: (width) => changing.map((proposal) => renderVfs(proposal, width)).join('\n'),
      details: { ...vfsDetails(changing), persistence: null },
      remarks: said + left.map((line) => `pci: ${escapeControls(line)}\n`).join(''),
      nothingToDo: `${inForce}Nothing to do.\n`,
    },
    checks ? { ...args, dryRun: true } : args,
    terminal,
    dialogue,
  );
  const isDrifted = left.length > 0 || (checks && plan.steps.length > 0);
  return result.exitCode === EXIT.ok && isDrifted ? { ...result, exitCode: EXIT.findings } : result;
}

/** What is proposed for each PF that can have what was written down, and in words why the others are left. */
async function proposeEach(
  host: HostReader,
  runner: Runner | null,
  inventory: Inventory,
  entries: readonly PersistedPf[],
  stops: (lost: readonly PciAddress[]) => Finding | undefined,
  pending: PendingRecovery,
): Promise<{ readonly proposals: readonly VfsProposal[]; readonly left: readonly string[] }> {
  const proposals: VfsProposal[] = [];
  const left: string[] = [];
  for (const { entry, whereabouts } of findPfs(host, entries, inventory.devices)) {
    const { kind, device } = whereabouts;
    const pf = deviceAt(inventory.devices, device?.address);
    if (pf === undefined || (kind !== 'here' && kind !== 'moved')) {
      left.push(`${entry.address} is left: ${BINDING_STATES[kind === 'here' ? 'missing' : kind]}`);
      continue;
    }
    try {
      const proposal = planVfs(await readPfState(host, runner, inventory, pf), goalOf(entry));
      const open =
        proposal.plan.steps.length === 0
          ? null
          : pendingProblem(pending, entry, [pf.address, ...proposal.lost], VFS_PATH, parseVfs);
      const refusal = stops(proposal.lost);
      if (open !== null) left.push(`${pf.address} is left: ${open}`);
      else if (refusal === undefined) proposals.push(proposal);
      else left.push(`${pf.address} is left: ${refusal.subject} ${refusal.message} (${refusal.name})`);
    } catch (error) {
      if (!(error instanceof PortalGunError)) throw error;
      left.push(`${pf.address} is left: ${problemOf(error, pf.address)}`);
    }
  }
  return { proposals, left };
}

/** In words, without an option that nobody gave. */
function problemOf({ subject, message }: PortalGunError, pf: PciAddress): string {
  return subject === null || subject === pf || subject.startsWith('--') ? message : `${subject} ${message}`;
}

/** What speaks against VFs going away. At a boot none are there, and what tells it, which takes long, is not read. */
function findingsOf(host: HostReader, lost: readonly PciAddress[]): readonly Finding[] {
  return lost.length === 0 ? [] : findLoss(host, readInventory(host, NO_NAMES, SAFETY_FIELDS).devices, lost);
}
