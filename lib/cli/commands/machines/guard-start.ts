import { EXIT } from '../../../base/errors.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { MAX_XML_BYTES } from '../../../libvirt/xml/xml-document.ts';
import { guardStart } from '../../../operations/assignment/guard-start.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { type ReadingValues, sessionOf } from '../../reading-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** `pci guard-start`: called by the libvirt hook, with the XML of a VM on stdin. */
export async function runGuardStart(
  args: Pick<ReadingValues, 'host'>,
  _terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const files = await ports.openUserFiles();
  guardStart(sessionOf(args, ports), files.read('-', MAX_XML_BYTES, 'BAD_XML'));
  return { exitCode: EXIT.ok, stdout: '', stderr: '' };
}
