import { PortalGunError } from '../../../base/errors.ts';
import { escapeControls } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { proposeTagging } from '../../../operations/machines/propose-tagging.ts';
import { formatDocument } from '../../../render/documents.ts';
import { renderTagging, taggingDocument } from '../../../render/machine/tagging-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { machineRemarks } from '../../machine-remarks.ts';
import { sessionOf } from '../../reading-options.ts';
import { carryOut } from '../../run-proposal.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { LibvirtValues } from '../../tables/libvirt-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface PortalTagValues extends LibvirtValues, Pick<ChangingValues, 'dryRun' | 'script' | 'yes'> {
  readonly machines: readonly string[];
  readonly type: string | undefined;
  readonly remove: boolean;
}

/** `portal tag`: sets or removes the category of VMs. */
export async function runPortalTag(
  args: PortalTagValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = sessionOf(args, ports);
  const asked = categoryOf(args);
  const proposal = await proposeTagging(session, { machines: args.machines, category: asked });
  const { connect, category, taggings, machineDiagnostics } = proposal.subject;
  const done = renderTagging(taggings, category, false, terminal.width);
  const carried = await carryOut(
    {
      session,
      proposal,
      overview: (width) => renderTagging(taggings, category, true, width),
      details: {},
      remarks:
        machineRemarks(args, session, machineDiagnostics, 'portal') +
        proposal.notes.map((note) => `portal: note: ${escapeControls(note)}\n`).join(''),
      nothingToDo: done,
      goesUnasked: true,
    },
    args,
    terminal,
    dialogue,
  );
  const { exitCode, report, remarks: stderr } = carried;
  if (args.script) return { exitCode, stdout: carried.text, stderr };
  if (args.json) {
    const document = {
      ...taggingDocument(connect, taggings, category, args.dryRun),
      steps: proposal.plan.steps,
      report,
    };
    return { exitCode, stdout: formatDocument(document), stderr };
  }
  return { exitCode, stdout: report?.outcome === 'done' ? done : carried.text, stderr };
}

function categoryOf(args: PortalTagValues): string | null {
  const type = args.type;
  if (args.remove) {
    if (type === undefined) return null;
    throw new PortalGunError('BAD_ARGUMENT', 'cannot be used with --type', { subject: '--remove' });
  }
  if (type !== undefined) return type;
  throw new PortalGunError('BAD_ARGUMENT', 'no category given', {
    hint: 'use --type router, or --remove to remove the category',
  });
}
