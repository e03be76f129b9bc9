import { optionWords, shellCommand } from '../../base/shell-command.ts';
import { escapeControls } from '../../base/text.ts';

interface Named {
  readonly name: string;
  readonly uuid: string;
}

/**
 * The word for a VM in a command that can be pasted: its name, or its UUID if a terminal does not show the name
 * unchanged.
 */
function machineWord({ name, uuid }: Named): string {
  return escapeControls(name) === name && name.trim() === name ? name : uuid;
}

/** `pci unassign 0000:03:00.0 --machine NAME` */
export function unassignCommand(address: string, machine: Named, ...more: readonly string[]): string {
  return shellCommand('pci', 'unassign', address, ...more, ...optionWords('--machine', machineWord(machine)));
}

/** `virsh edit NAME`: virsh treats a word that begins with `-` as an option, except after `--domain`. */
export function virshCommand(command: string, machine: Named, ...more: readonly string[]): string {
  const word = machineWord(machine);
  const domain = word.startsWith('-') ? machine.uuid : word;
  return shellCommand('virsh', command, domain, ...more);
}

/** `portal tag NAME --type TYPE` */
export function tagCommand(machine: Named, type: string): string {
  const word = machineWord(machine);
  return word.startsWith('-')
    ? shellCommand('portal', 'tag', '--type', type, '--', word)
    : shellCommand('portal', 'tag', word, '--type', type);
}
