import { PortalGunError } from '../../base/errors.ts';
import { nearCategory, parseCategory } from '../../libvirt/machine/category.ts';
import { findMachine } from '../../libvirt/machine/find-machine.ts';
import { type KnownMachine, mainDocument, readMachines } from '../../libvirt/machine/read-machines.ts';
import { planTagging } from '../../libvirt/machine/tag-machines.ts';
import { proposalOf } from '../../operations/change/host-proposal.ts';
import { virshOf } from '../../operations/session/libvirt-connection.ts';
import { planTaggings } from '../../plan/assignment/plan-tagging.ts';
import { formatDocument } from '../../render/documents.ts';
import { renderTagging, taggingDocument } from '../../render/machine/tagging-text.ts';
import type { CommandResult } from '../grammar/command.ts';
import { machineRemarks } from '../machine-remarks.ts';
import { sessionOf } from '../reading-options.ts';
import { carryOut } from '../run-proposal.ts';
import type { ChangingValues } from '../tables/changing-options.ts';
import type { LibvirtValues } from '../tables/libvirt-options.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface PortalTagValues extends LibvirtValues, Pick<ChangingValues, 'dryRun' | 'script' | 'yes'> {
  readonly machines: readonly string[];
  readonly type: string | undefined;
  readonly remove: boolean;
}

/** `portal tag`: machines get a category, or lose it. */
export async function runPortalTag(
  args: PortalTagValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const category = categoryOf(args);
  const isDryRun = args.dryRun;
  const isScript = args.script;
  const virsh = virshOf(sessionOf(args));
  const { machines, diagnostics } = await readMachines(virsh, isDryRun || isScript ? 'look' : 'edit');
  const meant = new Set(args.machines.map((word) => findMachine(machines, word)));
  const taggings = [...meant].map((machine) => planTagging(machine, category));
  const plan = planTaggings(virsh.uri, taggings, category);
  const carried = await carryOut(
    {
      session: sessionOf(args),
      proposal: proposalOf({
        plan,
        findings: [],
        allowed: new Set(),
        subject: null,
        inventory: { host: { label: virsh.uri }, devices: [], iommu: false, diagnostics: [] },
        diagnostics: [],
        changesOnlyMachines: true,
      }),
      overview: (width) => renderTagging(taggings, category, true, width),
      details: {},
      remarks:
        machineRemarks(args, sessionOf(args), diagnostics, 'portal') + spellingNote(category, machines),
      nothingToDo: renderTagging(taggings, category, false, terminal.width),
      goesUnasked: true,
    },
    args,
    terminal,
    dialogue,
  );
  const { exitCode, report, remarks: stderr } = carried;
  if (isScript) return { exitCode, stdout: carried.text, stderr };
  if (args.json) {
    const document = {
      ...taggingDocument(virsh.uri, taggings, category, isDryRun),
      steps: plan.steps,
      report,
    };
    return { exitCode, stdout: formatDocument(document), stderr };
  }
  const isDone = report?.outcome === 'done';
  return {
    exitCode,
    stdout: isDone ? renderTagging(taggings, category, false, terminal.width) : carried.text,
    stderr,
  };
}

function categoryOf(args: PortalTagValues): string | null {
  const type = args.type;
  if (args.remove) {
    if (type === undefined) return null;
    throw new PortalGunError('BAD_ARGUMENT', 'does not go with --type', { subject: '--remove' });
  }
  if (type !== undefined) return parseCategory(type, '--type');
  throw new PortalGunError('BAD_ARGUMENT', 'says nothing of which category', {
    hint: 'give --type router, or --remove to take the category away',
  });
}

/** A name of one's own may be a slip: said where it is near a known one, and no machine has it yet. */
function spellingNote(category: string | null, machines: readonly KnownMachine[]): string {
  const meant = category === null ? undefined : nearCategory(category);
  const isUsed = machines.some((machine) => mainDocument(machine).machine.category === category);
  if (meant === undefined || isUsed) return '';
  return `portal: note: ${category} is a category of your own; did you mean ${meant}?\n`;
}
