import { readAssigned } from '../../libvirt/assigned-devices.ts';
import type { AssignedState } from '../../libvirt/assignment.ts';
import { addressOf } from '../../libvirt/assignment.ts';
import type { Virsh } from '../../libvirt/virsh.ts';
import { isSameState, withAssigned } from '../../libvirt/with-assigned.ts';
import { parseXml, type XmlDocument } from '../../libvirt/xml-document.ts';
import type { AssignmentChange, VfPlace } from '../../plan/change.ts';
import type { ChangeKind, Problem } from '../change-kind.ts';
import { askLibvirt } from './ask-libvirt.ts';
import { problemOfVfs } from './vf-places.ts';

/**
 * Defines a machine anew: its definition as it is at that moment, with what is ours in it as it shall be. Passwords, which
 * are in it then, go from libvirt to libvirt and are kept nowhere.
 */
export const assignmentChange: ChangeKind<AssignmentChange> = {
  async isReached(host, change, goal) {
    const definition = await askLibvirt(host, change.uri, (virsh) => definitionOf(virsh, change));
    return typeof definition !== 'string' && isSameState(definition.assigned, goal);
  },

  async reach(host, change, goal) {
    const problem = problemOfVfs(host.reader, givenBy(change, goal));
    if (problem !== null) return problem;
    return askLibvirt(host, change.uri, async (virsh) => {
      const definition = await definitionOf(virsh, change);
      if (typeof definition === 'string') return definition;
      const { document } = definition;
      const text = withAssigned(document, goal);
      if (text === document.text) return null;
      const { error } = await virsh.run(['define', '/dev/stdin'], { input: text });
      return error === null ? null : `libvirt does not take its definition: ${error}`;
    });
  },
};

function givenBy({ vfs = [] }: AssignmentChange, goal: AssignedState): readonly VfPlace[] {
  const given = new Set(goal.devices.map(addressOf));
  return vfs.filter((vf) => given.has(vf.address));
}

interface Definition {
  readonly document: XmlDocument;
  readonly assigned: AssignedState;
}

/** What libvirt has of a machine for its next start, with what is ours in it, or why it is not to be had. */
async function definitionOf(virsh: Virsh, { machine }: AssignmentChange): Promise<Definition | Problem> {
  const { output, error } = await virsh.run(['dumpxml', '--inactive', '--security-info', machine]);
  if (error !== null) return `its definition can't be read: ${error}`;
  const document = parseXml(output, 'its definition');
  return { document, assigned: readAssigned(document) };
}
