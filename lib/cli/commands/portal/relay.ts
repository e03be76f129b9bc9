import type { HostPorts } from '../../../host/host-ports.ts';
import type { ConsolePort } from '../../../libvirt/machine/console-ports.ts';
import { relayConsoles } from '../../../operations/console/relay-consoles.ts';
import type { CommandResult } from '../../grammar/command.ts';
import { sessionOf } from '../../reading-options.ts';
import { millisecondsOf } from '../../seconds-option.ts';
import type { LibvirtValues } from '../../tables/libvirt-options.ts';
import type { Dialogue } from '../../terminal/dialogue.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { ENDED, endedBy } from './console-ended.ts';

interface RelayValues extends Omit<LibvirtValues, 'json'> {
  readonly machine: string;
  readonly wait: string | undefined;
}

/** `portal relay`: connects ports of a VM with the consoles of other machines, until the VM stops. */
export async function runRelay(
  args: RelayValues,
  _terminal: Terminal,
  dialogue: Dialogue,
  ports: HostPorts,
): Promise<CommandResult> {
  const session = sessionOf(args, ports);
  const { machine } = args;
  const waitMs = millisecondsOf('--wait', args.wait);
  return dialogue.guard(async (interruption) => {
    await relayConsoles(session, {
      machine,
      waitMs,
      signal: interruption.ending,
      onStart: (connected) => dialogue.say(`${machine}: ${connected.map(wordsOf).join(', ')}\n`),
    });
    return interruption.signal === null ? ENDED : endedBy(interruption.signal);
  });
}

function wordsOf({ of, writes }: ConsolePort): string {
  return `console of ${of} (${writes ? 'read and write' : 'read-only'})`;
}
