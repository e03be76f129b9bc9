import { PROTOCOL } from '../../../guest/agent/greeting.ts';
import type { HostPorts } from '../../../host/host-ports.ts';
import { readBootRecords } from '../../boot/boot-store.ts';
import type { ProjectMachine } from '../project-machines.ts';

/** Notes about boot assets of machines that start, if they were built from packages before they had an agent. */
export async function oldBootNotes(
  ports: HostPorts,
  starting: readonly ProjectMachine[],
): Promise<readonly string[]> {
  const withAgent = starting.filter(({ machine }) => machine.definition.agent !== 'none');
  const profiles = new Set(withAgent.flatMap(({ machine }) => machine.definition.boot.profile ?? []));
  if (profiles.size === 0) return [];
  const records = (await readBootRecords(ports)).flatMap(({ record }) => record ?? []);
  return records
    .filter(
      ({ name, origin, agent = 0 }) => profiles.has(name) && origin.kind === 'packages' && agent < PROTOCOL,
    )
    .map(
      ({ name }) => `the boot assets ${name} have no agent; to build them again: portal boot build ${name}`,
    );
}
