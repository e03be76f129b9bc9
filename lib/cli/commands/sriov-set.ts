import { findLoss } from '../../apply/safety-reading.ts';
import { isUnknown } from '../../base/known.ts';
import { count } from '../../base/text.ts';
import { SAFETY_FIELDS } from '../../checks/safety/safety-fields.ts';
import { LiveRunner } from '../../host/live/live-runner.ts';
import { planPersistPart } from '../../operations/binding/persist-part.ts';
import { proposalOf } from '../../operations/change/host-proposal.ts';
import { allowedOf } from '../../operations/change/refusals.ts';
import { persistedVfsRemark, persistVfs } from '../../operations/sriov/persisted-pfs.ts';
import { PF_FIELDS, readPfState } from '../../operations/sriov/pf-state.ts';
import { concernedWith } from '../../pci/selector/concerned-devices.ts';
import { selectOne } from '../../pci/selector/selector.ts';
import { parseSelector } from '../../pci/selector/selector-parser.ts';
import { planVfs, type VfsProposal } from '../../plan/sriov/plan-vfs.ts';
import { renderPersistence } from '../../render/change/persistence-text.ts';
import { persistenceDetails, vfsDetails } from '../../render/change/plan-document.ts';
import { renderVfs } from '../../render/sriov/vfs-text.ts';
import { readInventory } from '../../sysfs/device/read-inventory.ts';
import type { CommandResult } from '../grammar/command.ts';
import type { ReadingValues } from '../reading-options.ts';
import { hostOf, namesOf, remarks, sessionOf } from '../reading-options.ts';
import { runProposal } from '../run-proposal.ts';
import type { ChangingValues } from '../tables/changing-options.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { VfValues } from '../vf-wishes.ts';
import { vfGoalOf } from '../vf-wishes.ts';

interface SriovSetValues extends VfValues, ChangingValues, ReadingValues {
  readonly pf: string;
  readonly persist: boolean;
}

/** `pci sriov set`: how many VFs a PF has, and what each is held to. */
export async function runSriovSet(
  args: SriovSetValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const goal = vfGoalOf(args);
  const allowed = allowedOf(args.allow);
  const host = hostOf(args);
  const names = namesOf(args);
  const selector = args.pf;
  const fields = new Set([...PF_FIELDS, ...SAFETY_FIELDS, ...parseSelector(selector).fields]);
  // VFs that vanish are judged without what they give themselves.
  const inventory = readInventory(host, names, [...fields], (devices) =>
    concernedWith(devices, [selectOne(devices, selector)]),
  );
  const runner = args.host === undefined ? new LiveRunner() : null;
  const state = await readPfState(host, runner, inventory, selectOne(inventory.devices, selector));
  const proposal = planVfs(state, goal);
  const persistence = args.persist
    ? planPersistPart(sessionOf(args), persistTitle(proposal), (records) => ({
        ...records,
        pfs: persistVfs(host, inventory.devices, proposal, goal, records.pfs),
      }))
    : null;
  const findings = findLoss(host, inventory.devices, proposal.lost);
  return runProposal(
    {
      session: sessionOf(args),
      proposal: proposalOf({
        plan: persistence?.extend(proposal.plan) ?? proposal.plan,
        findings,
        allowed,
        subject: null,
        inventory,
        diagnostics: [],
        scriptObstacle: persistence?.scriptObstacle ?? null,
      }),
      overview: (width) => renderVfs(proposal, width) + renderPersistence(persistence, width),
      details: { ...vfsDetails([proposal]), persistence: persistenceDetails(persistence) },
      remarks:
        remarks(args, names, host, inventory.diagnostics) +
        unknownSettings(proposal) +
        (persistence === null ? persistedVfsRemark(host, inventory.devices, proposal, goal) : ''),
      nothingToDo: `${state.pf.address} has ${count(proposal.to.count, 'VF')}, as asked.\nNothing to do.\n`,
    },
    args,
    terminal,
    dialogue,
  );
}

/** What a plan is for that changes nothing but what the PF has at each boot. */
function persistTitle({ state: { pf }, to }: VfsProposal): string {
  return `Keep the VFs of ${pf.address} over reboots${to.count === 0 ? ' no more' : ''}`;
}

/** A plan for a captured host does not know what it would have to put back. */
function unknownSettings({ state: { pf, vfs, link }, from }: VfsProposal): string {
  if (link === null || !isUnknown(link.vfs) || vfs.length === 0) return '';
  return `pci: what the ${count(from.count, 'VF')} of ${pf.address} are set to is in no captured host: the plan does not keep it\n`;
}
