import { PortalGunError } from '../../base/errors.ts';
import type { Machine } from '../machine/machine.ts';
import { virshCommand } from '../machine/machine-words.ts';
import type { XmlDocument } from '../xml/xml-document.ts';
import { readAssigned } from './assigned-devices.ts';

/**
 * Why what `pci assign` keeps in a document of a machine can't be read, as BAD_XML with line, column and what to do; `null` where
 * it can.
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

/** What a person does about it: what runs is what its definition says from the next start on. */
export function remedyOf(machine: Pick<Machine, 'name' | 'uuid'>, kind: 'definition' | 'live'): string {
  if (kind === 'live') return 'shut the VM down and start it again: a running VM keeps its XML';
  return `fix or remove that element: ${virshCommand('edit', machine)}`;
}
