import { quote } from '../../base/shell-command.ts';
import type { Finding } from '../../checks/finding.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import { MACHINE_NAMESPACE } from '../../libvirt/machine/machine-metadata.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { AssignmentStatus } from '../assignment/assignment-status.ts';

/**
 * The program that libvirt asks before it starts a machine: it hands over machines that have assignments of ours to
 * `pci guard-start`, and lets all others pass without starting anything.
 *
 * libvirt gives the name of the machine, what happens (`prepare`), and the machine's document on standard input; where
 * the program fails, the machine is not started, and what it says is what libvirt says. It is asked before libvirt itself looks
 * whether devices are free.
 *
 * Under AppArmor libvirtd may start what is in /usr/bin and the like, which is free of its profile then, and nothing elsewhere,
 * where Node often is: so `env` starts it.
 *
 * https://libvirt.org/hooks.html#etc-libvirt-hooks-qemu
 *
 * @param program the command that starts `pci`
 */
export function formatStartHook(program: readonly string[]): string {
  const [interpreter = '', script = interpreter] = program;
  return `#!/bin/sh
# Written by portal-gun: refuses to start a machine whose device is in use, or is not the one that was assigned.
# pci unassign removes it with the last assignment.
[ "$2" = prepare ] || exit 0
definition=$(cat)
case $definition in
  *${MACHINE_NAMESPACE}*assignment*) ;;
  *) exit 0 ;;
esac
if [ ! -x ${quote(interpreter)} ] || [ ! -e ${quote(script)} ]; then
  echo "portal-gun is not there any more to look at the devices of this machine; to start it all the same, remove $0" >&2
  exit 1
fi
printf '%s\\n' "$definition" | /usr/bin/env ${program.map(quote).join(' ')} guard-start
`;
}

/**
 * What is in the way of a start, in sentences that begin with the devices: one for all of them where it is the same.
 *
 * @param held findings that refuse or forbid
 */
export function useProblems(held: readonly Finding[]): readonly string[] {
  const subjects = new Map<string, Set<string>>();
  for (const { subject, message, name } of held) {
    const what =
      name === 'machine-has-it'
        ? `${message}, and one machine at a time can run with it`
        : `${message} (${name})`;
    subjects.set(what, (subjects.get(what) ?? new Set()).add(subject));
  }
  return [...subjects].map(([what, devices]) => {
    const [first = '', ...others] = devices;
    return `${first}${others.length === 0 ? '' : `, with ${others.join(', ')},`} ${what}`;
  });
}

/** What somebody can do who wants to start the machine. */
export function startHint(machine: string, held: readonly Finding[]): string {
  const [first] = held.filter(({ name }) => name !== 'machine-has-it');
  if (first === undefined) return 'shut down who has it; to see who that is: pci assignments';
  const names = [...new Set(held.filter(({ severity }) => severity !== 'forbids').map(({ name }) => name))];
  if (held.some(({ severity }) => severity === 'forbids') || names.length === 0) return first.remedy;
  const allow = names.map((name) => ` --allow ${name}`).join('');
  return `${first.remedy}; or let the machine have it all the same: pci assign ${first.subject} --machine ${quote(machine)}${allow}`;
}

/** Why a machine must not be started, in sentences that begin with the device; none where it may. */
export function startProblems(statuses: readonly AssignmentStatus<DeviceWith<never>>[]): readonly string[] {
  return statuses.flatMap((status): readonly string[] => {
    const problem = problemOf(status);
    return problem === null ? [] : [`${addressOf(status.assigned) ?? status.assigned.alias} ${problem}`];
  });
}

function problemOf({
  standing,
  device,
}: Pick<AssignmentStatus<DeviceWith<never>>, 'standing' | 'device'>): string | null {
  switch (standing) {
    case 'moved':
      return `is not where the device is that was assigned: that is at ${device?.address} now`;
    case 'replaced':
      return 'is another device now than the one that was assigned';
    case 'missing':
      return 'was assigned, and the device is not on the bus';
    case 'ambiguous':
      return 'was assigned, and several devices may be the one that was meant';
    case 'unknown':
      return 'may not be the device that was assigned: what tells it from others of its kind cannot be read';
    default:
      return null;
  }
}
