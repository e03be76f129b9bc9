import { PortalGunError } from '../../base/errors.ts';
import { isSameState, readAssigned, withAssigned } from '../../libvirt/assigned-devices.ts';
import type { AssignedState } from '../../libvirt/assignment.ts';
import { Virsh } from '../../libvirt/virsh.ts';
import { parseXml, type XmlDocument } from '../../libvirt/xml-document.ts';
import type { AssignmentChange, VfPlace } from '../../plan/change.ts';
import { addressOf } from '../../plan/plan-assignment.ts';
import type { ChangeKind, Problem } from '../change-kind.ts';
import type { ChangeableHost } from '../changeable-host.ts';
import { askLibvirt } from './ask-libvirt.ts';
import { problemOfVfs } from './vf-places.ts';

/**
 * Defines a machine anew: its definition as it is at that moment, with what is ours in it as it shall be. Passwords, which
 * are in it then, go from libvirt to libvirt and are kept nowhere.
 */
export const assignmentChange: ChangeKind<AssignmentChange> = {
  async isReached(host, change, goal) {
    const definition = await definitionOf(gatewayTo(host, change), change);
    return typeof definition !== 'string' && isSameState(readAssigned(definition), goal);
  },

  async reach(host, change, goal) {
    const problem = problemOfVfs(host.reader, givenBy(change, goal));
    if (problem !== null) return problem;
    const virsh = gatewayTo(host, change);
    const definition = await definitionOf(virsh, change);
    if (typeof definition === 'string') return definition;
    const text = withAssigned(definition, goal);
    if (text === definition.text) return null;
    const answer = await askLibvirt(virsh, ['define', '/dev/stdin'], { input: text });
    return 'failed' in answer ? `libvirt does not take its definition: ${answer.failed}` : null;
  },
};

function givenBy({ vfs = [] }: AssignmentChange, goal: AssignedState): readonly VfPlace[] {
  const given = new Set(goal.devices.map(addressOf));
  return vfs.filter((vf) => given.has(vf.address));
}

/** What libvirt has of a machine for its next start, or why it is not to be had. */
async function definitionOf(virsh: Virsh, { machine }: AssignmentChange): Promise<XmlDocument | Problem> {
  const answer = await askLibvirt(virsh, ['dumpxml', '--inactive', '--security-info', machine]);
  if ('failed' in answer) return `its definition can't be read: ${answer.failed}`;
  try {
    return parseXml(answer.output, machine);
  } catch (thrown) {
    if (!(thrown instanceof PortalGunError)) throw thrown;
    return `its definition can't be read: ${thrown.message}`;
  }
}

function gatewayTo({ runner }: ChangeableHost, { uri }: AssignmentChange): Virsh {
  return new Virsh(runner, uri);
}
