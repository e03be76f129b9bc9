import { isUnknown } from '../../../base/known.ts';
import { count } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { proposeVfs } from '../../../operations/sriov/propose-vfs.ts';
import type { VfsProposal } from '../../../plan/sriov/plan-vfs.ts';
import { renderPersistence } from '../../../render/change/persistence-text.ts';
import { persistenceDetails, vfsDetails } from '../../../render/change/plan-document.ts';
import { renderVfs } from '../../../render/sriov/vfs-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { ReadingValues } from '../../reading-options.ts';
import { proposalRemarks, sessionOf } from '../../reading-options.ts';
import { runProposal } from '../../run-proposal.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { type VfValues, vfOptionsOf } from '../../vf-options.ts';

interface SriovSetValues extends VfValues, ChangingValues, ReadingValues {
  readonly pf: string;
  readonly persist: boolean;
}

/** `pci sriov set`: sets the number of VFs of a PF, and their settings. */
export async function runSriovSet(
  args: SriovSetValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const { pf, persist, allow } = args;
  const session = sessionOf(args, ports);
  const proposal = await proposeVfs(session, { pf, persist, allow, ...vfOptionsOf(args) });
  const { vfs, persistence } = proposal.subject;
  return runProposal(
    {
      session,
      proposal,
      overview: (width) => renderVfs(vfs, width) + renderPersistence(persistence, width),
      details: { ...vfsDetails([vfs]), persistence: persistenceDetails(persistence) },
      remarks: proposalRemarks(args, session, proposal) + unknownSettings(vfs),
      nothingToDo: `${vfs.state.pf.address} has ${count(vfs.to.count, 'VF')}, as asked.\nNothing to do.\n`,
    },
    args,
    terminal,
    dialogue,
  );
}

/** A plan for a captured host does not contain the settings to restore. */
function unknownSettings({ state: { pf, vfs, link }, from }: VfsProposal): string {
  if (link === null || !isUnknown(link.vfs) || vfs.length === 0) return '';
  return `pci: a snapshot does not contain the settings of the ${count(from.count, 'VF')} of ${pf.address}: the plan does not restore them\n`;
}
