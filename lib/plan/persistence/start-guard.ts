import { quote } from '../../base/shell-command.ts';
import type { Finding } from '../../checks/finding.ts';
import { addressOf } from '../../libvirt/assignment/assignment.ts';
import { MACHINE_NAMESPACE } from '../../libvirt/machine/machine-metadata.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { AssignmentStatus } from '../assignment/assignment-status.ts';

/**
 * The hook that libvirt runs before it starts a VM: it passes VMs with assignments of portal-gun to `pci
 * guard-start`, and accepts all others without starting a program.
 *
 * libvirt passes the name of the VM, the event (`prepare`), and the VM's XML on stdin. If the hook fails, the VM is
 * not started, and libvirt reports its output. libvirt runs it before it checks whether devices are free.
 *
 * Under AppArmor, libvirtd may start programs only in /usr/bin and similar folders, without its profile. Node is
 * often elsewhere, so `env` starts it.
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
 * The findings that prevent a start, in sentences that begin with the devices: one sentence for devices with the same
 * finding.
 *
 * @param held findings that refuse or forbid
 */
export function useProblems(held: readonly Finding[]): readonly string[] {
  const subjects = new Map<string, Set<string>>();
  for (const { subject, message, name } of held) {
    const what =
      name === 'machine-has-it'
        ? `${message}, and only one VM at a time can run with it`
        : `${message} (${name})`;
    subjects.set(what, (subjects.get(what) ?? new Set()).add(subject));
  }
  return [...subjects].map(([what, devices]) => {
    const [first = '', ...others] = devices;
    return `${first}${others.length === 0 ? '' : `, with ${others.join(', ')},`} ${what}`;
  });
}

/** The hint for a user who wants to start the VM. */
export function startHint(machine: string, held: readonly Finding[]): string {
  const [first] = held.filter(({ name }) => name !== 'machine-has-it');
  if (first === undefined) return 'shut down the VM that has it; to find it: pci assignments';
  const names = [...new Set(held.filter(({ severity }) => severity !== 'forbids').map(({ name }) => name))];
  if (held.some(({ severity }) => severity === 'forbids') || names.length === 0) return first.remedy;
  const allow = names.map((name) => ` --allow ${name}`).join('');
  return `${first.remedy}; or allow it anyway: pci assign ${first.subject} --machine ${quote(machine)}${allow}`;
}

/** Why a VM must not be started, in sentences that begin with the device; none if it may. */
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
      return `is not the assigned device, which is now at ${device?.address}`;
    case 'replaced':
      return 'is not the assigned device: another device is at its address';
    case 'missing':
      return 'was assigned, but is not on the bus';
    case 'ambiguous':
      return 'was assigned, but several devices match it';
    case 'unknown':
      return 'may not be the assigned device: its identity cannot be read';
    default:
      return null;
  }
}
