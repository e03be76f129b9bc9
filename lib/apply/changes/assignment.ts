import { PortalGunError } from '../../base/errors.ts';
import { isSameState, readAssigned, withAssigned } from '../../libvirt/assigned-devices.ts';
import { Virsh } from '../../libvirt/virsh.ts';
import { parseXml, type XmlDocument } from '../../libvirt/xml-document.ts';
import type { AssignmentChange } from '../../plan/change.ts';
import type { ChangeKind, Problem } from '../change-kind.ts';
import type { ChangeableHost } from '../changeable-host.ts';

/**
 * Defines a machine anew: its definition as it is at that moment, with what is ours in it as it shall be. Passwords, which
 * are in it then, go from libvirt to libvirt and are kept nowhere.
 */
export const assignmentChange: ChangeKind<AssignmentChange> = {
  async isReached(host, change, goal) {
    const definition = await definitionOf(host, change);
    return typeof definition !== 'string' && isSameState(readAssigned(definition), goal);
  },

  async reach(host, change, goal) {
    const definition = await definitionOf(host, change);
    if (typeof definition === 'string') return definition;
    const text = withAssigned(definition, goal);
    if (text === definition.text) return null;
    const { error } = await gatewayTo(host, change).run(['define', '/dev/stdin'], { input: text });
    return error === null ? null : `libvirt does not take its definition: ${error}`;
  },
};

/** What libvirt has of a machine for its next start, or why it is not to be had. */
async function definitionOf(host: ChangeableHost, change: AssignmentChange): Promise<XmlDocument | Problem> {
  try {
    const { output, error } = await gatewayTo(host, change).run([
      ...['dumpxml', '--inactive', '--security-info', change.machine],
    ]);
    return error === null ? parseXml(output, change.machine) : `its definition can't be read: ${error}`;
  } catch (thrown) {
    if (!(thrown instanceof PortalGunError)) throw thrown;
    return `its definition can't be read: ${thrown.message}`;
  }
}

function gatewayTo({ runner }: ChangeableHost, { uri }: AssignmentChange): Virsh {
  return new Virsh(runner, uri);
}
