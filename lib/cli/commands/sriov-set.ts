import { isUnknown } from '../../base/known.ts';
import { count } from '../../base/text.ts';
import { SAFETY_FIELDS } from '../../checks/check-safety.ts';
import { LiveRunner } from '../../host/live-runner.ts';
import { parseSelector, selectOne } from '../../pci/selector.ts';
import { planVfs, type VfsProposal } from '../../plan/plan-vfs.ts';
import { vfsDetails } from '../../render/plan-document.ts';
import { renderVfs } from '../../render/vfs-text.ts';
import { readInventory } from '../../sysfs/read-inventory.ts';
import { type Arguments, type CommandResult, stringOf } from '../command.ts';
import type { Dialogue } from '../dialogue.ts';
import { PF_FIELDS, readPfSituation } from '../pf-situation.ts';
import { hostOf, namesOf, remarks } from '../reading-options.ts';
import { runProposal } from '../run-proposal.ts';
import { allowedOf, findLoss } from '../safety.ts';
import type { Terminal } from '../terminal.ts';
import { vfGoalOf } from '../vf-wishes.ts';

/** `pci sriov set`: how many VFs a PF has, and what each is held to. */
export async function runSriovSet(
  args: Arguments,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const goal = vfGoalOf(args);
  const allowed = allowedOf(args);
  const host = hostOf(args);
  const names = namesOf(args);
  const selector = stringOf(args, 'pf') ?? '';
  const fields = new Set([...PF_FIELDS, ...SAFETY_FIELDS, ...parseSelector(selector).fields]);
  const inventory = readInventory(host, names, [...fields]);
  const runner = stringOf(args, 'host') === undefined ? new LiveRunner() : null;
  const situation = await readPfSituation(host, runner, inventory, selectOne(inventory.devices, selector));
  const proposal = planVfs(situation, goal);
  const findings = findLoss(host, inventory.devices, proposal.lost);
  return runProposal(
    {
      proposal: { plan: proposal.plan, findings, allowed },
      overview: (width) => renderVfs(proposal, width),
      details: vfsDetails([proposal]),
      inventory,
      remarks: remarks(args, names, host, inventory.diagnostics) + unknownSettings(proposal),
      nothingToDo: `${situation.pf.address} has ${count(proposal.to.count, 'VF')}, as asked.\nNothing to do.\n`,
    },
    args,
    terminal,
    dialogue,
  );
}

/** A plan for a captured host does not know what it would have to put back. */
function unknownSettings({ situation: { pf, vfs, link }, from }: VfsProposal): string {
  if (link === null || !isUnknown(link.vfs) || vfs.length === 0) return '';
  return `pci: what the ${count(from.count, 'VF')} of ${pf.address} are set to is in no captured host: the plan does not keep it\n`;
}
