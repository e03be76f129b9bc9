import { EXIT } from '../../base/errors.ts';
import { readInputFile } from '../../host/file/input-file.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import { guardStart } from '../../operations/assignment/guard-start.ts';
import type { CommandResult } from '../grammar/command.ts';
import { type ReadingValues, sessionOf } from '../reading-options.ts';
import type { Dialogue } from '../terminal/dialogue.ts';
import type { Terminal } from '../terminal/terminal.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/** `pci guard-start`: what libvirt's hook asks, with the document of a machine on standard input. */
export function runGuardStart(
  args: Pick<ReadingValues, 'host'>,
  _terminal: Terminal,
  _dialogue: Dialogue,
  ports: HostPorts,
): CommandResult {
  guardStart(sessionOf(args, ports), readInputFile('-', MAX_BYTES, 'BAD_XML'));
  return { exitCode: EXIT.ok, stdout: '', stderr: '' };
}
