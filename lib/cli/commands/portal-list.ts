import { EXIT } from '../../base/errors.ts';
import { isUnknown } from '../../base/known.ts';
import { count } from '../../base/text.ts';
import { nearCategory, parseCategory } from '../../libvirt/machine/category.ts';
import { type KnownMachine, mainDocument, readMachines } from '../../libvirt/machine/read-machines.ts';
import { virshOf } from '../../operations/session/libvirt-connection.ts';
import { formatDocument } from '../../render/documents.ts';
import { machineListDocument, renderMachines } from '../../render/machine/machine-list.ts';
import type { CommandResult } from '../grammar/command.ts';
import { machineRemarks } from '../machine-remarks.ts';
import { sessionOf } from '../reading-options.ts';
import type { LibvirtValues } from '../tables/libvirt-options.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface PortalListValues extends LibvirtValues {
  readonly type: readonly string[];
  readonly untagged: boolean;
  readonly header: boolean | undefined;
}

/** `portal list`: the machines of a libvirt, a row each. */
export async function runPortalList(args: PortalListValues, terminal: Terminal): Promise<CommandResult> {
  const types = args.type.map((type) => parseCategory(type, '--type'));
  const untagged = args.untagged;
  const virsh = virshOf(sessionOf(args));
  const { machines, diagnostics } = await readMachines(virsh, 'look');
  const isShown = (machine: KnownMachine): boolean => {
    const { category } = mainDocument(machine).machine;
    if (types.length === 0 && !untagged) return true;
    return category === null ? untagged : !isUnknown(category) && types.includes(category);
  };
  const shown = machines.filter(isShown);
  const stderr = machineRemarks(args, sessionOf(args), diagnostics, 'portal');
  if (args.json) {
    const stdout = formatDocument(machineListDocument(virsh.uri, shown, diagnostics));
    return { exitCode: EXIT.ok, stdout, stderr };
  }
  if (shown.length === 0) {
    return { exitCode: EXIT.ok, stdout: '', stderr: stderr + emptyRemark(machines, types) };
  }
  const { width, style, interactive } = terminal;
  const header = args.header !== false;
  const stdout = renderMachines(shown, { width, header, style, summary: interactive });
  return { exitCode: EXIT.ok, stdout, stderr };
}

/** What is said where nothing is shown. */
function emptyRemark(machines: readonly KnownMachine[], types: readonly string[]): string {
  if (machines.length === 0) return 'portal: libvirt has no machine\n';
  const untagged = machines.filter((machine) => mainDocument(machine).machine.category === null).length;
  if (types.length === 0) return 'portal: no machine is untagged\n';
  const meant = types.map(nearCategory).find((near) => near !== undefined);
  return [
    `portal: no machine is tagged ${types.join(' or ')}`,
    ...(meant === undefined ? [] : [`did you mean ${meant}?`]),
    ...(untagged === 0 ? [] : [`${count(untagged, 'machine')} untagged: portal list --untagged`]),
  ]
    .join('; ')
    .concat('\n');
}
