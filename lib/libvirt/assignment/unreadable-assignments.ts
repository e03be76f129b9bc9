import { PortalGunError } from '../../base/errors.ts';
import type { Machine } from '../machine/machine.ts';
import { virshCommand } from '../machine/machine-words.ts';
import type { XmlDocument } from '../xml/xml-document.ts';
import { readAssigned } from './assigned-devices.ts';

/**
 * Why the assignment records in the XML of a VM cannot be read, as BAD_XML with line, column and hint; `null` if they
 * can.
 */
export function findUnreadable(
  document: XmlDocument,
  machine: Pick<Machine, 'name' | 'uuid'>,
  kind: 'definition' | 'live',
): PortalGunError | null {
  try {
    readAssigned(document);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof PortalGunError)) throw thrown;
    return new PortalGunError('BAD_XML', thrown.message, {
      ...(thrown.subject === null ? {} : { subject: thrown.subject }),
      hint: `${remedyOf(machine, kind)}; for its format see docs/reference/machine-metadata.md`,
    });
  }
}

/** The action for the user: a running VM keeps its XML until its next start. */
export function remedyOf(machine: Pick<Machine, 'name' | 'uuid'>, kind: 'definition' | 'live'): string {
  if (kind === 'live') return 'shut the VM down and start it again: a running VM keeps its XML';
  return `fix or remove that element: ${virshCommand('edit', machine)}`;
}
