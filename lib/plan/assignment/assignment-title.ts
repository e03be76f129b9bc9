import { count } from '../../base/text.ts';
import type { MachineAssignment } from './plan-assignment.ts';
import type { MachineAttachment } from './plan-attachment.ts';

const WORDS = {
  assign: { definition: 'assign', live: 'attach', to: 'to' },
  unassign: { definition: 'unassign', live: 'detach', to: 'from' },
};

/** From this number of devices on, a title has their count instead of their names. */
const TOO_MANY = 3;

/**
 * The title of a plan for VMs, with their definitions first and then the running VMs:
 * `Assign 0000:01:00.0 to router0, and attach it to router0 (running)`.
 *
 * @param devices the name of each device
 */
export function assignmentTitle(
  action: keyof typeof WORDS,
  devices: readonly string[],
  machines: readonly MachineAssignment[],
  now: readonly MachineAttachment[] = [],
): string {
  const { definition, live, to } = WORDS[action];
  const named = devices.length < TOO_MANY ? devices.join(' and ') : '';
  const what = named === '' ? count(devices.length, 'device') : named;
  const changed = now.filter(({ gained, lost }) => gained.length + lost.length > 0);
  const running = `${to} ${namesOf(changed)} (running)`;
  const title =
    changed.length === 0
      ? `${definition} ${what} ${to} ${namesOf(machines)}`
      : machines.length === 0
        ? `${live} ${what} ${running}`
        : `${definition} ${what} ${to} ${namesOf(machines)}, and ${live} ${devices.length === 1 ? 'it' : 'them'} ${running}`;
  return title.charAt(0).toUpperCase() + title.slice(1);
}

function namesOf(machines: readonly { readonly machine: { readonly name: string } }[]): string {
  return machines.length === 1 ? (machines[0]?.machine.name ?? '') : count(machines.length, 'VM');
}
