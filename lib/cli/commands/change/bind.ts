import { escapeControls } from '../../../base/text.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import {
  type BindingSubject,
  proposeBind,
  proposeUnbind,
} from '../../../operations/binding/propose-binding.ts';
import type { HostProposal } from '../../../operations/change/host-proposal.ts';
import type { HostSession } from '../../../operations/session/host-session.ts';
import { renderPersistence } from '../../../render/change/persistence-text.ts';
import { persistenceDetails, rebindingDetails } from '../../../render/change/plan-document.ts';
import { renderRebinding } from '../../../render/change/rebinding-text.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { proposalRemarks, type ReadingValues, sessionOf } from '../../reading-options.ts';
import { runProposal } from '../../run-proposal.ts';
import type { ChangingValues } from '../../tables/changing-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface UnbindValues extends ChangingValues, ReadingValues {
  readonly devices: readonly string[];
  readonly persist: boolean;
}

interface BindValues extends UnbindValues {
  readonly driver: string | undefined;
}

/** `pci bind`: binds devices, and the required members of their groups, to vfio-pci. */
export async function runBind(
  args: BindValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = sessionOf(args, ports);
  return runRebinding(session, proposeBind(session, args), args, terminal, dialogue);
}

/** `pci unbind`: returns devices to their earlier drivers. */
export async function runUnbind(
  args: UnbindValues,
  terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = sessionOf(args, ports);
  return runRebinding(session, proposeUnbind(session, args), args, terminal, dialogue);
}

function runRebinding(
  session: HostSession,
  proposal: HostProposal<BindingSubject>,
  args: UnbindValues,
  terminal: Terminal,
  dialogue: Dialogue,
): Promise<CommandResult> {
  const { asked, rebinding, persistence } = proposal.subject;
  return runProposal(
    {
      session,
      proposal,
      overview: (width) => renderRebinding(rebinding, width) + renderPersistence(persistence, width),
      details: { ...rebindingDetails(rebinding), persistence: persistenceDetails(persistence) },
      remarks: proposalRemarks(args, session, proposal),
      nothingToDo: asked.map(onDriver).concat('Nothing to do.\n').join(''),
    },
    args,
    terminal,
    dialogue,
  );
}

function onDriver({ address, driver }: BindingSubject['asked'][number]): string {
  return `${address} is already on ${typeof driver === 'string' ? escapeControls(driver) : 'no driver'}.\n`;
}
