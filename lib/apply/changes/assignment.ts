import { PortalGunError } from '../../base/errors.ts';
import { isSameState, readAssigned, withAssigned } from '../../libvirt/assigned-devices.ts';
import type { AssignedState } from '../../libvirt/assignment.ts';
import { Virsh } from '../../libvirt/virsh.ts';
import { parseXml, type XmlDocument } from '../../libvirt/xml-document.ts';
import type { AssignmentChange } from '../../plan/change.ts';
import { addressOf } from '../../plan/plan-assignment.ts';
import { readVfsNow } from '../../sysfs/driver-state.ts';
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
    const stranger = strangerAmong(host, change, goal);
    if (stranger !== null) return stranger;
    const definition = await definitionOf(host, change);
    if (typeof definition === 'string') return definition;
    const text = withAssigned(definition, goal);
    if (text === definition.text) return null;
    const { error } = await gatewayTo(host, change).run(['define', '/dev/stdin'], { input: text });
    return error === null ? null : `libvirt does not take its definition: ${error}`;
  },
};

/** Which VF that the goal gives is not the one that was meant: the address of one that is to be made was foreseen. */
function strangerAmong(
  { reader }: ChangeableHost,
  { vfs = [] }: AssignmentChange,
  goal: AssignedState,
): Problem | null {
  const given = new Set(goal.devices.map(addressOf));
  const stranger = vfs.find(
    ({ address, pf, index }) => given.has(address) && readVfsNow(reader, pf).addressOf(index) !== address,
  );
  return stranger === undefined
    ? null
    : `${stranger.address} is not VF ${stranger.index} of ${stranger.pf}, which was meant`;
}

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
