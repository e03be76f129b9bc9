import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { MAX_XML_BYTES } from '../../../libvirt/xml/xml-document.ts';
import { runEvent } from '../../../operations/events/run-event.ts';
import { HostSession } from '../../../operations/session/host-session.ts';
import type { CommandResult } from '../../grammar/command.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

interface RunEventValues {
  readonly event: string;
  readonly reason: string | undefined;
}

/** `portal run-event`: called by the libvirt hook, with the XML of a VM on stdin. */
export async function runRunEvent(
  { event, reason }: RunEventValues,
  _terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const files = await ports.openUserFiles();
  const document = files.read('-', MAX_XML_BYTES, 'BAD_XML');
  const { recordProblem } = await runEvent(new HostSession(ports), { event, reason, document });
  return {
    exitCode: EXIT.ok,
    stdout: '',
    stderr: recordProblem === null ? '' : `portal: the event is not recorded: ${recordProblem}\n`,
  };
}
