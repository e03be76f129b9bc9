import { PortalGunError } from '../../base/errors.ts';
import { knownValue } from '../../base/known.ts';
import type { HostReader } from '../../host/host-reader.ts';
import type { Runner } from '../../host/runner.ts';
import { isSameState, readAssigned, withAssigned } from '../../libvirt/assigned-devices.ts';
import type { AssignedState } from '../../libvirt/assignment.ts';
import { Virsh } from '../../libvirt/virsh.ts';
import { parseXml, type XmlDocument } from '../../libvirt/xml-document.ts';
import type { PciAddress } from '../../pci/address.ts';
import { isBridge } from '../../pci/iommu-group.ts';
import type { AssignmentChange } from '../../plan/change.ts';
import { addressOf } from '../../plan/plan-assignment.ts';
import { readVfsNow } from '../../sysfs/driver-state.ts';
import { readGroupMembers } from '../../sysfs/read-groups.ts';
import { readFunction } from '../../sysfs/read-inventory.ts';
import type { ChangeKind, Problem } from '../change-kind.ts';
import type { ChangeableHost } from '../changeable-host.ts';

/**
 * Defines a machine anew: its definition as it is at that moment, with what is ours in it as it shall be. Passwords, which
 * are in it then, go from libvirt to libvirt and are kept nowhere.
 */
export const assignmentChange: ChangeKind<AssignmentChange> = {
  async isReached(host, change, goal) {
    const definition = await asking(host, change, (virsh) => definitionOf(virsh, change));
    return typeof definition !== 'string' && isSameState(definition.assigned, goal);
  },

  async reach(host, change, goal) {
    const problem = problemOfVfs(host, change, goal);
    if (problem !== null) return problem;
    return asking(host, change, async (virsh) => {
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

/** What is wrong with the VFs that the goal gives: where one that is to be made would be, and with what, was foreseen. */
function problemOfVfs(
  { reader }: ChangeableHost,
  { vfs = [] }: AssignmentChange,
  goal: AssignedState,
): Problem | null {
  const given = new Set(goal.devices.map(addressOf));
  for (const { address, pf, index } of vfs.filter((vf) => given.has(vf.address))) {
    if (readVfsNow(reader, pf).addressOf(index) !== address) {
      return `${address} is not VF ${index} of ${pf}, which was meant`;
    }
    const companion = companionOf(reader, address);
    if (companion !== null)
      return `${address} shares its IOMMU group with ${companion}: no machine can have it alone`;
  }
  return null;
}

/** Another device in the IOMMU group of one, that is no bridge. */
function companionOf(reader: HostReader, address: PciAddress): PciAddress | null {
  const group = knownValue(readFunction(reader, address, ['iommuGroup'])?.iommuGroup ?? null);
  const members = group === undefined ? [] : readGroupMembers(reader, group);
  const companion = members.find((member) => {
    const device = member === address ? null : readFunction(reader, member, ['class', 'config']);
    return device !== null && !isBridge(device);
  });
  return companion ?? null;
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

/** For a libvirt that is asked several times for each machine: its version is looked at once. */
const GATEWAYS = new WeakMap<Runner, Map<string, Virsh>>();

/** Does what may fail in whatever way without ending a plan in the middle. */
async function asking<T>(
  { runner }: ChangeableHost,
  { uri }: AssignmentChange,
  work: (virsh: Virsh) => Promise<T | Problem>,
): Promise<T | Problem> {
  const known = GATEWAYS.get(runner) ?? new Map<string, Virsh>();
  const gateway = known.get(uri) ?? new Virsh(runner, uri);
  GATEWAYS.set(runner, known.set(uri, gateway));
  try {
    return await work(gateway);
  } catch (thrown) {
    if (!(thrown instanceof PortalGunError)) throw thrown;
    // One that did not answer may do so when it is asked for the undoing.
    known.delete(uri);
    return [thrown.subject ?? [], thrown.message].flat().join(': ');
  }
}
