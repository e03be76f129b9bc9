import { PortalGunError } from '../base/errors.ts';
import { readAssigned } from './assigned-devices.ts';
import type { Machine } from './machine.ts';
import type { XmlDocument } from './xml-document.ts';

/** Why what `pci assign` keeps in a definition can't be read, as BAD_XML with line, column and what to do; `null` where it can. */
export function findUnreadable(
  document: XmlDocument,
  machine: Pick<Machine, 'name' | 'uuid'>,
): PortalGunError | null {
  try {
    readAssigned(document);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof PortalGunError)) throw thrown;
    return new PortalGunError('BAD_XML', thrown.message, {
      ...(thrown.subject === null ? {} : { subject: thrown.subject }),
      hint: `put that in order, or take the element out: ${editCommand(machine)}; what stands there: docs/reference/machine-metadata.md`,
    });
  }
}

/** What a person changes a definition with. */
export function editCommand({ name, uuid }: Pick<Machine, 'name' | 'uuid'>): string {
  return `virsh edit ${/^\w[\w.-]*$/.test(name) ? name : uuid}`;
}
