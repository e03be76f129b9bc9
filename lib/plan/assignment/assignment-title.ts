import { count } from '../../base/text.ts';
import type { MachineAssignment } from './plan-assignment.ts';
import type { MachineAttachment } from './plan-attachment.ts';

/** The title of a plan for VMs; those that change as they run are named apart. */
export function assignmentTitle(
  verb: 'Give' | 'Take',
  devices: number,
  machines: readonly MachineAssignment[],
  now: readonly MachineAttachment[] = [],
): string {
  const word = verb === 'Give' ? 'to' : 'from';
  const changed = now.filter(({ gained, lost }) => gained.length + lost.length > 0);
  const whom = [
    ...(machines.length === 0 && changed.length > 0 ? [] : [namesOf(machines)]),
    ...(changed.length === 0
      ? []
      : [`${namesOf(changed)} ${changed.length === 1 ? 'as it runs' : 'as they run'}`]),
  ];
  return `${verb} ${count(devices, 'device')} ${whom.map((each) => `${word} ${each}`).join(', and ')}`;
}

function namesOf(machines: readonly { readonly machine: { readonly name: string } }[]): string {
  return machines.length === 1 ? (machines[0]?.machine.name ?? '') : count(machines.length, 'machine');
}
