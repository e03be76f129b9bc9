import { functionHere, HERE } from './host-use.ts';
import { idleHost } from './idle-host.ts';
import { type SimulatedMachine, simulateMachine } from './simulated-changes.ts';
import { type SimulatedPorts, simulatedPorts } from './simulated-ports.ts';

/** Two functions of one card and of one group: {@link HERE} and the next. */
export const PAIR = [HERE, HERE.replace(/0$/, '1')] as const;
/** It has a group of its own. */
export const ALONE = '0000:00:05.0';
export const ROUTERS = ['galaxy1', 'galaxy2', 'star router'] as const;

/** A machine without any use of its devices, with its libvirt, and a session of root on it. */
export interface Cluster {
  readonly machine: SimulatedMachine;
  readonly ports: SimulatedPorts;
  /** The definition of each VM, to the byte. */
  definitions(): readonly string[];
  definitionOf(name: string): string;
}

/** A machine with serial ports to assign, three routers, one of them not a q35, and two other VMs. */
export function routerCluster(isRoot = true): Cluster {
  const serial = { driver: 'serial', classCode: '070002', resetMethods: 'flr' } as const;
  const machine = simulateMachine(
    idleHost([
      ...PAIR.map((address) => functionHere({ address, ...serial })),
      functionHere({ address: ALONE, ...serial, group: 5 }),
    ]),
  );
  const { libvirt } = machine;
  for (const name of ROUTERS) {
    libvirt.add(name, { category: 'router', machine: name === 'star router' ? 'pc' : 'q35' });
  }
  libvirt.add('mail', { category: 'application' });
  return {
    machine,
    ports: simulatedPorts(machine, { isRoot }),
    definitions: () => libvirt.domains.map(({ definition }) => definition),
    definitionOf: (name) => libvirt.domain(name).definition,
  };
}
