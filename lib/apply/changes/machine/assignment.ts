import { Problem } from '../../../base/problem.ts';
import { readAssigned } from '../../../libvirt/assignment/assigned-devices.ts';
import type { AssignedState } from '../../../libvirt/assignment/assignment.ts';
import { addressOf } from '../../../libvirt/assignment/assignment.ts';
import { isSameState, withAssigned } from '../../../libvirt/assignment/with-assigned.ts';
import type { VirshAnswer } from '../../../libvirt/virsh.ts';
import { parseXml, type XmlDocument } from '../../../libvirt/xml/xml-document.ts';
import type { VfPlace } from '../../../plan/change-states.ts';
import type { AssignmentChange } from '../../../plan/changes/machine/assignment.ts';
import type { AskedChangeMaker, Observation } from '../../change-maker.ts';
import type { ChangeableHost } from '../../changeable-host.ts';
import { problemOfVfs } from '../host/vf-places.ts';
import { askLibvirt, runAndLook } from './ask-libvirt.ts';

/**
 * Defines a VM again: its current definition, with the new state of the parts of portal-gun. The definition contains
 * passwords, which are passed from libvirt to libvirt and are not stored.
 *
 * Two requests of one `virsh`: `dumpxml`; and `define`, with one more `dumpxml`.
 */
export const assignmentMaker: AskedChangeMaker<AssignmentChange> = {
  look: async (host, change) => lookOf(host, change, await readDefinition(host, change)),
};

/** The definition of a VM in libvirt, with the parts of portal-gun in it. */
interface Definition {
  readonly document: XmlDocument;
  readonly assigned: AssignedState;
}

function lookOf(
  host: ChangeableHost,
  change: AssignmentChange,
  found: Definition | Problem,
): Observation<AssignmentChange> {
  return {
    problem: found instanceof Problem ? found : null,
    isAt: (goal) => !(found instanceof Problem) && isSameState(found.assigned, goal),
    async reach(goal) {
      const problem = problemOfVfs(host.reader, givenBy(change, goal));
      if (problem !== null) return problem;
      const from = found instanceof Problem ? await readDefinition(host, change) : found;
      if (from instanceof Problem) return from;
      const defined = await define(host, change, from, goal);
      return defined instanceof Problem ? defined : lookOf(host, change, defined);
    },
  };
}

function givenBy({ vfs = [] }: AssignmentChange, goal: AssignedState): readonly VfPlace[] {
  const given = new Set(goal.devices.map(addressOf));
  return vfs.filter((vf) => given.has(vf.address));
}

function readDefinition(host: ChangeableHost, change: AssignmentChange): Promise<Definition | Problem> {
  return askLibvirt(host, change.uri, async (virsh) => {
    const { found } = await runAndLook(virsh, null, dumpOf(change));
    return definitionIn(found);
  });
}

/** @returns the resulting definition, or why libvirt refuses it */
function define(
  host: ChangeableHost,
  change: AssignmentChange,
  from: Definition,
  goal: AssignedState,
): Promise<Definition | Problem> {
  return askLibvirt(host, change.uri, async (virsh) => {
    const text = withAssigned(from.document, goal);
    if (text === from.document.text) return from;
    const { error, found } = await runAndLook(virsh, ['define', virsh.inputFile], dumpOf(change), text);
    return error === null
      ? definitionIn(found)
      : new Problem('DEFINITION_REFUSED', `libvirt refused its definition: ${error}`);
  });
}

function dumpOf({ machine }: AssignmentChange): readonly string[] {
  return ['dumpxml', '--inactive', '--security-info', machine];
}

function definitionIn({ output, error }: VirshAnswer): Definition | Problem {
  if (error !== null) return new Problem('DOCUMENT_UNREADABLE', `cannot read its definition: ${error}`);
  const document = parseXml(output, 'its definition');
  return { document, assigned: readAssigned(document) };
}
