import { domainOf } from '../../lib/machines/domain/domain-node.ts';
import type { MachineMarks } from '../../lib/machines/domain/metadata.ts';
import { formatDocument } from '../../lib/machines/format-document.ts';
import type { ResolvedMachine } from '../../lib/machines/resolved-machine.ts';

/** The definition of a machine as libvirt takes it: the same bytes for the same machine. */
export function renderDomain(machine: ResolvedMachine, marks: MachineMarks): string {
  return formatDocument(domainOf(machine, marks));
}
